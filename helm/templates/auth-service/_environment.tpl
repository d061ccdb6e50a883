{{- define "deepseek.authEnvironment" }}
{{ include "deepseek.secretVariable" (list "DEEPSEEK_AUTH_SERVICE_KEY" .services "service-key") }}
{{ include "deepseek.secretVariable" (list "DEEPSEEK_AUTH_PEPPER" .secret "pepper") }}
{{ include "deepseek.secretVariable" (list "DEEPSEEK_CRYPTO_MASTER_KEY" .secret "master-key") }}
{{- with .databaseSecret }}
{{ include "deepseek.secretVariable" (list "DEEPSEEK_AUTH_DATABASE_USER" . "username") }}
{{ include "deepseek.secretVariable" (list "DEEPSEEK_AUTH_DATABASE_PASSWORD" . "password") }}
{{- end }}
{{- with .redisSecret }}
{{ include "deepseek.secretVariable" (list "DEEPSEEK_AUTH_REDIS_PASSWORD" . "password") }}
{{- end }}
{{- end }}
