# Reference values of GSVA, PLAGE and ssGSEA. Usage: Rscript gsva.R expression.csv counts.csv sets.gmt OUT
suppressMessages(library(GSVA))
args <- commandArgs(TRUE)
expression <- as.matrix(read.csv(args[1], row.names = 1))
counts <- as.matrix(read.csv(args[2], row.names = 1))
lines <- strsplit(readLines(args[3]), "\t")
sets <- setNames(lapply(lines, function(line) line[-(1:2)]), sapply(lines, `[`, 1))
cat(as.character(packageVersion("GSVA")), R.version.string, "\n")
keep <- function(values, name) {
  write.csv(format(values, digits = 17, trim = TRUE), file.path(args[4], paste0("r_", name, ".csv")), quote = FALSE)
}
keep(gsva(expression, sets, kcdf = "Gaussian", verbose = FALSE), "gaussian")
keep(gsva(expression, sets, kcdf = "Gaussian", mx.diff = FALSE, verbose = FALSE), "gaussian_larger")
keep(gsva(expression, sets, kcdf = "Gaussian", abs.ranking = TRUE, verbose = FALSE), "gaussian_absolute")
keep(gsva(counts, sets, kcdf = "Poisson", verbose = FALSE), "poisson")
keep(gsva(expression, sets, method = "plage", verbose = FALSE), "plage")
keep(gsva(expression, sets, method = "ssgsea", ssgsea.norm = FALSE, verbose = FALSE), "ssgsea")
