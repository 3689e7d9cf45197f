# How expected.csv was made: nearest template prediction by the R package CMScaller (GPL-3), whose code is not part of
# this project; only the figures it gave are here.
# expression.csv (24 samples x 300 genes, log2) and templates.csv (3 classes of 15 genes) were generated for this
# project: samples 0, 4, 8, ... of class IFN_up, 1, 5, ... of AP_loss, 2, 6, ... of Dysf, 3, 7, ... of none.
library(CMScaller)

emat <- t(as.matrix(read.csv("expression.csv", row.names = 1)))
templates <- read.csv("templates.csv")
names(templates)[names(templates) == "gene"] <- "probe"
centred <- t(scale(t(emat)))                                   # each gene: mean 0, SD (n - 1) 1

write.csv(ntp(centred, templates, nPerm = 2000, seed = 1), "expected.csv")
