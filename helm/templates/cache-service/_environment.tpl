{{- define "deepseek.cacheEnvironment" }}
{{ include "deepseek.secretVariable" (list "DEEPSEEK_CACHE_SERVICE_KEY" .services "service-key") }}
{{ include "deepseek.secretVariable" (list "DEEPSEEK_CACHE_MASTER_KEY" .secret "master-key") }}
{{- with .redisSecret }}
{{ include "deepseek.secretVariable" (list "DEEPSEEK_CACHE_REDIS_PASSWORD" . "password") }}
{{- end }}
{{- with .objectsSecret }}
{{ include "deepseek.secretVariable" (list "DEEPSEEK_CACHE_OBJECTS_ACCESS_KEY" . "access-key") }}
{{ include "deepseek.secretVariable" (list "DEEPSEEK_CACHE_OBJECTS_SECRET_KEY" . "secret-key") }}
{{- end }}
{{- end }}
