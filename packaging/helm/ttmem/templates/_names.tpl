{{/*
SPDX-FileCopyrightText: © 2026 The ttmem authors
SPDX-License-Identifier: Apache-2.0
*/}}
{{- define "ttmem.name" -}}
{{- printf "%s" .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- define "ttmem.selector" -}}
app.kubernetes.io/name: ttmem
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}
{{- define "ttmem.labels" -}}
{{ include "ttmem.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | quote }}
{{- end -}}
{{- define "ttmem.image" -}}
{{ printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) | quote }}
{{- end -}}
