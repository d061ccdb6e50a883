# shellcheck shell=bash
# Compiles the benchmarks of a module, which lie among its tests. For scripts that have sourced common.sh.

# compile_benchmarks MODULE FOLDER: sets results, that folder in the module's target, emptied, and classpath.
compile_benchmarks() {
  local target=$root/$1/target
  results=$target/$2
  rm -rf "$results"
  mkdir -p "$results"
  say "compiling"
  (cd "$root" && mvn -B -q -ntp test-compile dependency:build-classpath -Dmdep.outputFile="$results/classpath" \
    -Dmdep.includeScope=test -pl "$1") >"$results/build.log" 2>&1 ||
    fail "the benchmarks of $1 do not compile: $results/build.log says why."
  classpath=$target/test-classes:$target/classes:$(cat "$results/classpath")
}
