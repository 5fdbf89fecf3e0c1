// What the provider says of the kinds that it is asked for: what may and must be written, which attributes go
// together, which values they take, what is written where nobody says anything. It runs as a module below the provider's
// name (see `make`), for its schemas are internal.
package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/hashicorp/terraform-provider-azurerm/internal/provider"
)

var (
	index    = regexp.MustCompile(`\.\d+\b`)
	oneOf   = regexp.MustCompile(`(?s)expected \S+ to be one of \[(.*)\], got`)
	quoted   = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)
	between  = regexp.MustCompile(`expected \S+ to be in the range \((-?\d+) - (-?\d+)\)`)
	atLeast = regexp.MustCompile(`expected \S+ to be at least \((-?\d+)\)`)
)

// What a refusal says would have been right.
func wanted(refusal string) string {
	if found := oneOf.FindStringSubmatch(refusal); found != nil {
		words := strings.Fields(found[1])
		if strings.Contains(found[1], `"`) {
			words = nil
			for _, word := range quoted.FindAllStringSubmatch(found[1], -1) {
				words = append(words, word[1])
			}
		}
		return strings.Join(words, "|")
	}
	if found := between.FindStringSubmatch(refusal); found != nil {
		return found[1] + ".." + found[2]
	}
	if found := atLeast.FindStringSubmatch(refusal); found != nil {
		return found[1] + ".."
	}
	switch {
	case strings.Contains(refusal, "expected 'P' period mark"):
		return "duration"
	case strings.Contains(refusal, "to be a valid UUID"):
		return "uuid"
	case strings.HasPrefix(refusal, "'MetaData' must"):
		return "lower-keys"
	}
	return ""
}

// Gives a check nonsense, and reads what it says. Where one of several checks is enough each says what it
// wants: lists of words are one list; where one of them cannot be read, or they are of other kinds, none is sure.
func asked(field *schema.Schema, name string) (takes string) {
	defer func() {
		if recover() != nil {
			takes = ""
		}
	}()
	var value interface{} = "zz-nonsense"
	switch field.Type {
	case schema.TypeString:
	case schema.TypeInt:
		value = -999999
	case schema.TypeFloat:
		value = -999999.0
	case schema.TypeMap:
		value = map[string]interface{}{"Zz": "zz"}
	default:
		if inner, ok := field.Elem.(*schema.Schema); ok {
			return asked(inner, name)
		}
		return ""
	}
	if field.ValidateFunc == nil {
		return ""
	}
	_, errors := field.ValidateFunc(value, name)
	var found []string
	for _, err := range errors {
		takes := wanted(err.Error())
		if takes == "" {
			return ""
		}
		found = append(found, takes)
	}
	var words []string
	for _, takes := range found {
		if len(errors) > 1 && !strings.Contains(takes, "|") && takes != found[0] {
			return ""
		}
		for _, word := range strings.Split(takes, "|") {
			if !slices.Contains(words, word) {
				words = append(words, word)
			}
		}
	}
	return strings.Join(words, "|")
}

func walk(kind, path string, fields map[string]*schema.Schema) {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	sort.Strings(names)
	row := func(at, word, values string) { fmt.Printf("%s\t%s\t%s\t%s\n", kind, at, word, values) }
	var attributes, blocks, required []string
	for _, name := range names {
		field := fields[name]
		if !field.Required && !field.Optional {
			continue
		}
		if _, ok := field.Elem.(*schema.Resource); ok {
			blocks = append(blocks, name)
		} else {
			attributes = append(attributes, name)
		}
		if field.Required {
			required = append(required, name)
		}
	}
	for word, names := range map[string][]string{"attributes": attributes, "blocks": blocks, "required": required} {
		if len(names) > 0 {
			row(path, word, strings.Join(names, " "))
		}
	}
	for _, name := range names {
		field := fields[name]
		at := strings.TrimPrefix(path+"."+name, ".")
		if !field.Required && !field.Optional {
			continue
		}
		relations := map[string][]string{
			"conflicts": field.ConflictsWith, "with": field.RequiredWith, "one": field.ExactlyOneOf, "some": field.AtLeastOneOf,
		}
		for word, paths := range relations {
			if len(paths) > 0 {
				sort.Strings(paths)
				row(at, word, index.ReplaceAllString(strings.Join(paths, " "), ""))
			}
		}
		if takes := asked(field, name); takes != "" {
			row(at, "takes", takes)
		}
		if field.MaxItems > 0 {
			row(at, "most", fmt.Sprint(field.MaxItems))
		}
		if field.MinItems > 1 {
			row(at, "least", fmt.Sprint(field.MinItems))
		}
		if field.Default != nil {
			if text := fmt.Sprint(field.Default); text != "" && text != "false" && text != "0" {
				row(at, "default", text)
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
		resource, ok := resources[kind]
		if !ok {
			fmt.Fprintf(os.Stderr, "%s is no resource of the provider\n", kind)
			os.Exit(1)
		}
		walk(kind, "", resource.Schema)
	}
}
