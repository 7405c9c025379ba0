# Prints the tests of JUnit's XML reports that were skipped: class, method and reason.
function attribute(name) {
  if (!match($0, " " name "=\"[^\"]*\"")) return ""
  return substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
}
/<testcase / {
  class = attribute("classname")
  sub(/^.*\./, "", class)
  test = class "." attribute("name")
}
/<skipped/ { print test ": " attribute("message") }
