// What the provider's schemas say beside what Terraform asks of them: which attributes go together, and
// what is written where nobody says anything. It stands in a copy of the provider's source: see `rules`.
package main

import (
	"fmt"
	"os"
	"regexp"
	"sort"
	"strings"

	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/hashicorp/terraform-provider-azurerm/internal/provider"
)

var index = regexp.MustCompile(`\.\d+\b`)

func walk(kind, path string, fields map[string]*schema.Schema) {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		field := fields[name]
		at := strings.TrimPrefix(path+"."+name, ".")
		if field.Required || field.Optional {
			say := func(word, values string) { fmt.Printf("%s\t%s\t%s\t%s\n", kind, at, word, values) }
			relations := []struct {
				word  string
				paths []string
			}{
				{"conflicts", field.ConflictsWith}, {"with", field.RequiredWith}, {"one", field.ExactlyOneOf}, {"some", field.AtLeastOneOf},
			}
			for _, relation := range relations {
				if len(relation.paths) > 0 {
					sort.Strings(relation.paths)
					say(relation.word, index.ReplaceAllString(strings.Join(relation.paths, " "), ""))
				}
			}
			if field.MaxItems > 0 {
				say("most", fmt.Sprint(field.MaxItems))
			}
			if field.MinItems > 1 {
				say("least", fmt.Sprint(field.MinItems))
			}
			switch value := field.Default.(type) {
			case nil:
			case string:
				if value != "" {
					say("default", value)
				}
			default:
				if text := fmt.Sprint(value); text != "false" && text != "0" {
					say("default", text)
				}
			}
		}
		if inner, ok := field.Elem.(*schema.Resource); ok {
			walk(kind, at, inner.Schema)
		}
	}
}

func main() {
	resources := provider.AzureProvider().ResourcesMap
	for _, kind := range os.Args[1:] {
		if resource, ok := resources[kind]; ok {
			walk(kind, "", resource.Schema)
		} else {
			fmt.Fprintf(os.Stderr, "%s is none of the older kind of resources\n", kind)
		}
	}
}
