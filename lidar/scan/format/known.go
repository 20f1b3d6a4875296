package format

import "path/filepath"

// HeadBytes is how much of a file [Known] wants to see.
const HeadBytes = headBytes

// Known says which format of [Formats] a file that starts with head is in, and whether it is one of the files
// that instruments leave beside their scans. Neither: it is nothing of a lidar's.
func Known(head []byte, name string) (format string, isBeside bool) {
	base := filepath.Base(name)
	for _, x := range Formats {
		if x.Sniff(head, base) {
			return x.Name, false
		}
	}
	for _, x := range beside {
		if x.sniff(head, base) {
			return "", true
		}
	}
	return "", false
}
