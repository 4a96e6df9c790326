"""The pack as a workbook: its tables, and the credit as formulas that a finance officer can change and follow."""
