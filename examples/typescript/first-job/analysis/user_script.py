"""How many households that saw a campaign bought something afterwards.

Clean Rooms calls entrypoint() with the tables that the members associated with the collaboration, and writes each
data frame of the results to a folder of its own.
"""

from pyspark.sql import functions as F


def entrypoint(context):
    campaign = context["analysisParameters"]["campaign"]
    exposures = context["referencedTables"]["exposures"]
    purchases = context["referencedTables"]["purchases"]

    exposed = exposures.filter(exposures.campaign == campaign).select("household_id").distinct()
    buyers = purchases.select("household_id").distinct().withColumn("bought", F.lit(1))

    uplift = (
        exposed.join(buyers, "household_id", "left")
        .fillna(0, subset=["bought"])
        .agg(F.count("*").alias("households"), F.sum("bought").alias("buyers"))
    )
    return {"results": {"uplift": uplift}}
