#!/usr/bin/env bash
# Lets an administrator in again who has lost phone and recovery codes: make admin-recover ARGS='--user admin'.
# It takes what auth-service is configured with, from the environment; a local run's data folder is found by itself.
# Exit status: 0 a new key and second factor were shown, 1 it was refused, 2 it could not look.
set -euo pipefail
cd "$(dirname "$0")/../.."
app=auth-service/target/quarkus-app
if [ ! -d "$app/app" ]; then
  echo "auth-service is not built: run 'mvn -q -pl auth-service package -DskipTests' first." >&2
  exit 2
fi
if [ -z "${DEEPSEEK_AUTH_DATABASE_URL:-}" ] && [ -d .run/auth ]; then
  export DEEPSEEK_AUTH_DATA_FOLDER="${DEEPSEEK_AUTH_DATA_FOLDER:-.run/auth}"
fi
JAVA_HOME=$(deploy/local/jdk.sh)
exec "$JAVA_HOME/bin/java" -cp "$app/app/*:$app/lib/main/*:$app/lib/boot/*" \
  -Djava.util.logging.manager=org.jboss.logmanager.LogManager \
  platform.deepseek.auth.service.AdministratorRecovery "$@"
