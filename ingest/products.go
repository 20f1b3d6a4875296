package ingest

import (
	"context"
	"io"

	"upwind"
	"upwind/ingest/product"
)

// takeProduct takes the files of a satellite product that are needed as one asset. The others, pictures for people and quality reports, are left.
func (in *intake) takeProduct(ctx context.Context, files []source, kinds []Kind, g product.Group) error {
	at := map[string]int{}
	var f product.Files
	for _, n := range g.Members {
		base := files[n].base()
		if _, twice := at[base]; !twice {
			at[base] = n
			f.Names = append(f.Names, base)
		}
	}
	f.Open = func(name string) (io.ReadCloser, error) { return files[at[name]].open() }
	key := files[g.Key]
	p, err := product.Read(f, key.base())
	if err != nil {
		return err
	}
	parts := []part{{key, upwind.RoleMain, kinds[g.Key]}}
	for _, name := range p.Files() {
		n := at[name]
		if kinds[n] == "" {
			return upwind.Refuse(files[n].show, "", "it is damaged, or no picture", "hand in the product as it was delivered")
		}
		parts = append(parts, part{files[n], upwind.RoleBand, kinds[n]})
	}
	return in.take(ctx, p.Name, parts)
}
