// The program by which tests/repo/test_chart.py reads objects of the Prometheus operator.
module ttmem.invalid/operator-objects

go 1.25.0

require (
	github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring v0.95.2
	k8s.io/apimachinery v0.37.2
	sigs.k8s.io/yaml v1.6.0
)
