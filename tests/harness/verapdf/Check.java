import java.io.File;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.*;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.*;

/** Says of one PDF whether it conforms: Check FILE FLAVOUR, such as 3a or ua1. */
public class Check {
  public static void main(String[] args) throws Exception {
    VeraGreenfieldFoundryProvider.initialise();
    PDFAFlavour flavour = PDFAFlavour.fromString(args[1]);
    try (PDFAParser parser = Foundries.defaultInstance().createParser(new File(args[0]), flavour);
        PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false)) {
      ValidationResult result = validator.validate(parser);
      for (TestAssertion one : result.getTestAssertions())
        System.out.println(one.getRuleId().getClause() + " " + one.getMessage());
      System.out.println(result.isCompliant() ? "compliant" : "not compliant");
    }
  }
}
