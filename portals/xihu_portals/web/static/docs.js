// Starts the API documentation; a validator elsewhere is never asked.
"use strict";

SwaggerUIBundle({
  url: document.getElementById("api").dataset.openapi,
  dom_id: "#api",
  deepLinking: true,
  defaultModelsExpandDepth: -1,
  validatorUrl: null,
});
