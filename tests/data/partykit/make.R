# Makes the figures in this folder: nodes.tsv, candidates.tsv, mixed.tsv, chisq.tsv.
# Call:  Rscript make.R path/to/synthetic_hcc.csv     (in this folder)
# Run with R 4.2.2, partykit 1.2-16, libcoin 1.0-9 (Debian packages r-base-core, r-cran-partykit, r-cran-libcoin).
suppressPackageStartupMessages(library(partykit))

digits <- function(x) trimws(formatC(x, digits = 17, format = "g"))

rule <- function(split, data) {
  if (is.null(split)) return(c("", "", ""))
  name <- names(data)[varid_split(split)]
  x <- data[[name]]
  if (is.numeric(x)) return(c(name, digits(breaks_split(split)), ""))
  if (is.ordered(x)) return(c(name, levels(x)[breaks_split(split)], ""))
  index <- index_split(split)
  c(name, "", paste(sort(levels(x)[!is.na(index) & index == 1]), collapse = "|"))
}

tree_rows <- function(name, tree, response) {
  data <- tree$data
  ids <- nodeids(tree)
  nodes <- do.call(rbind, lapply(ids, function(i) {
    node <- nodeapply(tree, i)[[1]]
    y <- data_party(tree, i)[[response]]
    said <- rule(split_node(node), data)
    kids <- if (is.terminal(node)) "" else paste(sapply(kids_node(node), id_node), collapse = "|")
    counts <- paste(paste(levels(y), tabulate(y, nlevels(y)), sep = "="), collapse = "|")
    data.frame(tree = name, node = i, kids = kids, variable = said[1], cut = said[2], left = said[3], n = length(y),
               counts = counts)
  }))
  candidates <- do.call(rbind, lapply(ids, function(i) {
    found <- nodeapply(tree, i, function(node) info_node(node)$criterion)[[1]]
    if (is.null(found)) return(NULL)
    data.frame(tree = name, node = i, variable = colnames(found), statistic = digits(found["statistic", ]),
               p_adjusted = digits(found["p.value", ]), log_one_minus_p = digits(found["criterion", ]))
  }))
  list(nodes = nodes, candidates = candidates)
}

# --- a cohort of every kind of covariate, with ties; no real patient ------------------------------------------------
set.seed(20260)
n <- 240
mixed <- data.frame(
  score = round(rnorm(n), 1),
  ratio = round(exp(rnorm(n, 1, 0.6)), 2),
  count = rpois(n, 3),
  stage = sample(c("I", "II", "III", "IV"), n, TRUE, c(0.2, 0.3, 0.3, 0.2)),
  site = sample(c("colon", "liver", "lung", "node", "skin"), n, TRUE),
  steroid = sample(c("no", "yes"), n, TRUE, c(0.7, 0.3)),
  flat = 1
)
push <- 1.2 * (mixed$site %in% c("liver", "node")) + 0.8 * (mixed$stage %in% c("III", "IV")) - 0.5 * mixed$score
mixed$two <- ifelse(push + rlogis(n) > 0.8, "early", "late")
mixed$four <- c("a", "b", "c", "d")[1 + (push + rlogis(n) > 1) + 2 * (mixed$ratio + rnorm(n) > 3)]
write.table(mixed, "mixed.tsv", sep = "\t", quote = FALSE, row.names = FALSE)

mixed$stage <- factor(mixed$stage, ordered = TRUE)
for (name in c("site", "steroid", "two", "four")) mixed[[name]] <- factor(mixed[[name]])

hcc <- read.csv(commandArgs(TRUE)[1])
hcc$pref <- factor(hcc$pref); hcc$three <- factor(hcc$three)
given <- ~ ifng + nlr + cd163 + treg_teff + afp + albi + ecog
all <- ~ score + ratio + count + stage + site + steroid + flat
for_y <- function(y, x) update(x, paste(y, "~ ."))

grown <- list(
  tree_rows("hcc_binary", ctree(for_y("pref", given), hcc), "pref"),
  tree_rows("hcc_three", ctree(for_y("three", given), hcc), "three"),
  tree_rows("hcc_binary_30", ctree(for_y("pref", given), hcc, control = ctree_control(minbucket = 30L)), "pref"),
  tree_rows("mixed_two", ctree(for_y("two", all), mixed), "two"),
  tree_rows("mixed_four", ctree(for_y("four", all), mixed), "four"),
  tree_rows("mixed_four_deep", ctree(for_y("four", all), mixed,
    control = ctree_control(alpha = 0.6, minbucket = 5L, minsplit = 12L)), "four"),
  tree_rows("mixed_site", ctree(for_y("site", ~ score + ratio + count + stage + steroid + two + four), mixed,
    control = ctree_control(alpha = 0.9, minbucket = 10L)), "site")
)
for (part in c("nodes", "candidates")) {
  table <- do.call(rbind, lapply(grown, `[[`, part))
  write.table(table, paste0(part, ".tsv"), sep = "\t", quote = FALSE, row.names = FALSE)
}

cases <- expand.grid(statistic = c(0.001, 0.5, 3.84, 30, 700, 5000, 1e6), df = c(1, 2, 3, 4, 7, 12, 33, 44))
cases$log_p <- digits(pchisq(cases$statistic, cases$df, lower.tail = FALSE, log.p = TRUE))
write.table(cases, "chisq.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
