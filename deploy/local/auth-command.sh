# Runs a program of auth-service that is no server, out of what was built. Sourced, never run.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# auth_command CLASS ARGUMENT...: in place of this shell. Exit status 2 where it cannot begin.
auth_command() {
  local app java_home
  app=$(service_app auth-service)
  if [ ! -d "$app/quarkus" ]; then
    say "error: auth-service is not built: run deploy/local/build.sh auth-service first."
    exit 2
  fi
  java_home=$("$root/deploy/local/jdk.sh") || exit 2
  exec "$java_home/bin/java" -cp "$app/app/*:$app/quarkus/*:$app/lib/main/*:$app/lib/boot/*" \
    -Djava.util.logging.manager=org.jboss.logmanager.LogManager "$@"
}
