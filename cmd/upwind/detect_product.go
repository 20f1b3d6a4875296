package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"upwind"
	"upwind/ingest/product"
)

// maxProductFiles bounds the files of a folder that is searched for a product: a Sentinel-2 product has about 150.
const maxProductFiles = 5000

// productAt is the satellite product that a path names, its folder or the file that describes it, as members of an asset; nil where it is none.
func productAt(path string) ([]upwind.Member, error) {
	dir, only := path, ""
	st, err := os.Stat(path)
	if err != nil {
		return nil, nil // who opens it says why
	}
	if !st.IsDir() {
		if len(product.Find([]string{filepath.Base(path)})) == 0 {
			return nil, nil
		}
		dir, only = filepath.Split(filepath.Clean(path))
		dir = filepath.Clean(dir)
	}
	var rels []string
	err = fs.WalkDir(os.DirFS(dir), ".", func(rel string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if rels = append(rels, rel); len(rels) > maxProductFiles {
			return fs.SkipAll
		}
		return nil
	})
	if err != nil {
		return nil, notOpened(dir, err)
	}
	groups := product.Find(rels)
	if only != "" {
		groups = slices.DeleteFunc(groups, func(g product.Group) bool { return rels[g.Key] != only })
	}
	switch len(groups) {
	case 0:
		return nil, nil
	case 1:
		return membersOf(dir, rels, groups[0])
	}
	var keys []string
	for _, g := range groups {
		keys = append(keys, rels[g.Key])
	}
	return nil, upwind.Refuse(path, "", fmt.Sprintf("it holds %d satellite products: %s", len(keys), strings.Join(keys[:min(len(keys), 5)], ", ")), "name the file that describes one of them")
}

// membersOf are the files of a product that are needed.
func membersOf(dir string, rels []string, g product.Group) ([]upwind.Member, error) {
	at := map[string]string{}
	f := product.Files{Open: func(name string) (io.ReadCloser, error) { return os.Open(at[name]) }}
	for _, n := range g.Members {
		base := filepath.Base(rels[n])
		if at[base] == "" {
			at[base] = filepath.Join(dir, filepath.FromSlash(rels[n]))
			f.Names = append(f.Names, base)
		}
	}
	key := filepath.Base(rels[g.Key])
	p, err := product.Read(f, key)
	if err != nil {
		return nil, err
	}
	out := []upwind.Member{{Role: upwind.RoleMain, Name: at[key]}}
	for _, name := range p.Files() {
		out = append(out, upwind.Member{Role: upwind.RoleBand, Name: at[name]})
	}
	return out, nil
}

func namesOf(members []upwind.Member) (out []string) {
	for _, m := range members {
		out = append(out, m.Name)
	}
	return out
}

// folderOf is the folder that was looked through for a product, and will be again behind the walls.
func folderOf(path string, members []upwind.Member) []string {
	if members == nil {
		return nil
	}
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return []string{path}
	}
	return []string{filepath.Dir(path)}
}
