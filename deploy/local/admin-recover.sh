#!/usr/bin/env bash
# Lets an administrator in again who has lost phone and recovery codes: make admin-recover ARGS='--user admin'.
# It takes what auth-service is configured with, from the environment; a local run's data folder is found by itself.
# Exit status: 0 a new key and second factor were shown, 1 it was refused, 2 it could not look.
set -euo pipefail
. "$(dirname "$0")/auth-command.sh"

if [ -z "${DEEPSEEK_AUTH_DATABASE_URL:-}" ] && [ -d "$run_dir/auth" ]; then
  export DEEPSEEK_AUTH_DATA_FOLDER="${DEEPSEEK_AUTH_DATA_FOLDER:-$run_dir/auth}"
fi
auth_command platform.deepseek.auth.service.AdministratorRecovery "$@"
