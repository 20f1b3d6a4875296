package product

import (
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"

	"upwind"
)

// Bounds of a metadata file: Sentinel-2's granule file, with its grids of angles, has 0.6 MB and 30,000 elements.
const (
	maxMetaBytes = 32 << 20
	maxElements  = 1 << 20
	maxDepth     = 64
)

// leaf is an element with text.
type leaf struct {
	path  string // names of the elements from the root, with slashes, without prefixes
	text  string
	attrs []xml.Attr
}

func (l leaf) attr(name string) string {
	for _, a := range l.attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// leaves are the elements of an XML document that hold text, in their order.
func leaves(f Files, name string) ([]leaf, error) {
	r, err := f.Open(name)
	if err != nil {
		return nil, upwind.Refuse(name, "", "it cannot be opened", "hand in the product as it was delivered")
	}
	defer r.Close()
	bad := func(err error) error {
		return &upwind.Refusal{File: name, What: "it is no whole XML document", Do: "hand in the product as it was delivered", Err: err}
	}
	type open struct {
		path string
		text strings.Builder
		leaf leaf
	}
	var out []leaf
	var stack []*open
	limited := &io.LimitedReader{R: r, N: maxMetaBytes}
	dec := xml.NewDecoder(limited)
	for n := 0; ; {
		t, err := dec.Token()
		if errors.Is(err, io.EOF) && len(stack) == 0 && n > 0 && limited.N > 0 {
			return out, nil
		}
		if err != nil {
			return nil, bad(err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			if n++; n > maxElements || len(stack) > maxDepth {
				return nil, bad(errors.New("it has too many elements"))
			}
			path := t.Name.Local
			if len(stack) > 0 {
				path = stack[len(stack)-1].path + "/" + path
			}
			stack = append(stack, &open{path: path, leaf: leaf{path: path, attrs: t.Copy().Attr}})
		case xml.CharData:
			if len(stack) > 0 {
				stack[len(stack)-1].text.Write(t)
			}
		case xml.EndElement:
			top := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if top.leaf.text = strings.TrimSpace(top.text.String()); top.leaf.text != "" {
				out = append(out, top.leaf)
			}
		}
	}
}

// first is the text of the first leaf whose path ends so.
func first(ls []leaf, ending string) string {
	for _, l := range ls {
		if l.path == ending || strings.HasSuffix(l.path, "/"+ending) {
			return l.text
		}
	}
	return ""
}

// number parses what a file states.
func number(name, where, text string) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || v-v != 0 {
		return 0, upwind.Refuse(name, where, "it should be a number, and is "+strconv.Quote(text), "hand in the product as it was delivered")
	}
	return v, nil
}
