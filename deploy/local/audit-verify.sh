#!/usr/bin/env bash
# Verifies the audit of auth-service: make audit-verify ARGS='--export book.jsonl --remembered checkpoints.jsonl'.
# Exit status: 0 nothing is wrong, 1 something is, 2 it could not look.
set -euo pipefail
. "$(dirname "$0")/auth-command.sh"
auth_command platform.deepseek.auth.audit.AuditVerifier "$@"
