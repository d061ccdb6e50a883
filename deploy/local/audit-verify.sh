#!/usr/bin/env bash
# Verifies the audit of auth-service: make audit-verify ARGS='--export book.jsonl --remembered checkpoints.jsonl'.
# Exit status: 0 nothing is wrong, 1 something is, 2 it could not look.
set -euo pipefail
cd "$(dirname "$0")/../.."
app=auth-service/target/quarkus-app
if [ ! -d "$app/app" ]; then
  echo "auth-service is not built: run 'mvn -q -pl auth-service package -DskipTests' first." >&2
  exit 2
fi
JAVA_HOME=$(deploy/local/jdk.sh)
exec "$JAVA_HOME/bin/java" -cp "$app/app/*:$app/lib/main/*:$app/lib/boot/*" \
  platform.deepseek.auth.audit.AuditVerifier "$@"
