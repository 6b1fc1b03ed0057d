// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0

// Reads one object of the Prometheus operator, as YAML on stdin, into the operator's own types. A field that they do not have, and a value of
// another type, is an error.
package main

import (
	"fmt"
	"io"
	"log"
	"os"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

func read(text []byte) (string, error) {
	var kind meta.TypeMeta
	if err := yaml.Unmarshal(text, &kind); err != nil {
		return "", err
	}
	known := map[string]any{"PodMonitor": &monitoring.PodMonitor{}, "PrometheusRule": &monitoring.PrometheusRule{}}
	into, found := known[kind.Kind]
	if !found || kind.APIVersion != monitoring.SchemeGroupVersion.String() {
		return "", fmt.Errorf("%s %s is no object of the operator", kind.APIVersion, kind.Kind)
	}
	return kind.Kind, yaml.UnmarshalStrict(text, into)
}

func main() {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	kind, err := read(text)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(kind)
}
