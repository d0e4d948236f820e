"""Read the column `name` of an Iceberg table with Sail: run in the environment `.ci/peer sail`."""

import json
import sys


def main(table: str) -> None:
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

    server = SparkConnectServer(port=0)
    server.start()
    _, port = server.listening_address
    spark = SparkSession.builder.remote(f"sc://localhost:{port}").getOrCreate()
    rows = spark.read.format("iceberg").load(table).select("name").collect()
    print(json.dumps(sorted(row[0] for row in rows)))  # noqa: T201  # to the test that started this
    spark.stop()
    server.stop()


if __name__ == "__main__":
    main(sys.argv[1])
