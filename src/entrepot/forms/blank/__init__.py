"""The blank form: the workbook a territory fills, written from the map of its vintage that also reads it."""
