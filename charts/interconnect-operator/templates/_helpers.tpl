{{- define "interconnect-operator.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "interconnect-operator.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (include "interconnect-operator.fullname" .) -}}
{{- end -}}

{{- define "interconnect-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "interconnect-operator.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "interconnect-operator.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "interconnect-operator.subjects" -}}
subjects:
  - kind: ServiceAccount
    name: {{ include "interconnect-operator.serviceAccountName" . }}
    namespace: {{ .Release.Namespace }}
{{- end -}}

{{/* What the operator may do in a namespace that it serves. It creates and deletes none of its users' objects. */}}
{{- define "interconnect-operator.rules" -}}
- apiGroups: [interconnect-operator.io]
  resources: [cloudaccessports, contacts, crossconnectorders, digitalloarequests, digitalloas, interconnects, provideraccounts]
  verbs: [get, list, watch, patch]
- apiGroups: [interconnect-operator.io]
  resources: [cloudaccessports/status, contacts/status, crossconnectorders/status, digitalloarequests/status, digitalloas/status, interconnects/status, provideraccounts/status]
  verbs: [get, update]
# Owner references with blockOwnerDeletion ask for this where OwnerReferencesPermissionEnforcement is on.
- apiGroups: [interconnect-operator.io]
  resources: [cloudaccessports/finalizers, contacts/finalizers, crossconnectorders/finalizers, digitalloarequests/finalizers, digitalloas/finalizers, interconnects/finalizers, provideraccounts/finalizers]
  verbs: [update]
# Credentials are read and held by name, documents are written: never a list of all Secrets.
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, create, patch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end -}}
