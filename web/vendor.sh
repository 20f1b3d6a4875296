#!/bin/sh
# Fetches the browser libraries named in package-lock.json and copies what the page needs into static/vendor.
# No package script runs, and nothing is bundled: the page loads the library's own ES modules.
set -eu
cd "$(dirname "$0")"
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
out=static/vendor
mkdir -p "$out"
dist=node_modules/maplibre-gl/dist
for f in maplibre-gl.mjs maplibre-gl-worker.mjs maplibre-gl.css; do
	# The source maps stay behind, so the line that points to them goes too.
	sed -e '/^\/\/# sourceMappingURL=/d' -e 's|/\*# sourceMappingURL=[^*]*\*/||' "$dist/$f" >"$out/.$f.part"
	mv "$out/.$f.part" "$out/$f"
done
cp node_modules/maplibre-gl/LICENSE.txt "$out/maplibre-gl.LICENSE.txt"
