#!/usr/bin/env bash
# Packs the library, looks into the package, and does with it what README and guide tell a new user to do: in projects outside this
# repository, which get it from a folder as they would from a feed, on a real PostgreSQL server.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
repository=$PWD

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=9999.0.0 # the latest, whatever else a feed has: a reader names none
machine_packages=$(dotnet nuget locals global-packages --list | sed 's/^[^:]*: *//')

# A build tree of its own: the odd version does not get into the repository's bin and obj folders.
dotnet pack src/SolidCache.Postgres -c Release --artifacts-path "$work/build" --output "$work/packages" \
  --nologo -v quiet -p:Version="$version"

# The package is unpacked into the temporary folder; its dependencies come from the machine's cache.
export NUGET_PACKAGES=$work/cache
cat >"$work/nuget.config" <<EOF
<configuration>
  <packageSources>
    <add key="packed" value="$work/packages" />
  </packageSources>
  <fallbackPackageFolders>
    <add key="machine" value="$machine_packages" />
  </fallbackPackageFolders>
</configuration>
EOF
mkdir "$work/readme" "$work/guide"
for page in README docs/guide; do
  (cd "$work/$(basename "${page,,}")" && "$repository/eng/with-postgres.sh" --export ConnectionStrings__Postgres -- \
    "$repository/eng/package-test/page.sh" "$repository/$page.md")
done

package=$NUGET_PACKAGES/solidcache.postgres/$version
missing=0
must() { # must WHAT TEST...
  local what=$1
  shift
  "$@" >/dev/null || { echo "package-test: missing: $what" >&2; missing=1; }
}
must 'the library' ls "$package/lib/net10.0/SolidCache.Postgres.dll"
must 'the XML documentation' ls "$package/lib/net10.0/SolidCache.Postgres.xml"
must 'README.md' ls "$package/README.md"
must 'the icon' ls "$package/icon.png"
must 'the address of the project' grep '<projectUrl>https://' "$package/solidcache.postgres.nuspec"
must 'the address of the repository' grep '<repository type="git" url="https://' "$package/solidcache.postgres.nuspec"
must 'the release notes' grep '<releaseNotes>https://' "$package/solidcache.postgres.nuspec"
must 'pictures that a gallery shows' grep -F '](https://raw.githubusercontent.com/' "$package/README.md"
must 'a readme whose links lead somewhere without the repository' \
  bash -c '! grep -E "\]\(([^h]|h[^t])" "$0"' "$package/README.md"
must 'the readme in the metadata' grep '<readme>README.md</readme>' "$package/solidcache.postgres.nuspec"
must 'the licence' grep '<license type="expression">MIT</license>' "$package/solidcache.postgres.nuspec"
must 'the lowest Npgsql that works' grep 'id="Npgsql" version="10.0.0"' "$package/solidcache.postgres.nuspec"
must 'the migration scripts' ls "$package"/schema/*.sql
# A zip file holds the names of its files in clear; some of these NuGet does not unpack.
must 'the software bill of materials' \
  grep -a '_manifest/spdx_[0-9.]*/manifest.spdx.json' "$work/packages/SolidCache.Postgres.$version.nupkg"
must 'the symbols' \
  grep -a 'lib/net10.0/SolidCache.Postgres.pdb' "$work/packages/SolidCache.Postgres.$version.snupkg"
(( missing == 0 )) || exit 1

# The tool, installed and run as an operator would.
cd "$repository"
dotnet pack src/SolidCache.Postgres.Tool -c Release --artifacts-path "$work/build" --output "$work/packages" \
  --nologo -v quiet -p:Version="$version"
cd "$work"
dotnet tool install SolidCache.Postgres.Tool --version "$version" --tool-path "$work/tools" --configfile "$work/nuget.config" >/dev/null

"$repository/eng/with-postgres.sh" --export ConnectionStrings__SolidCache -- \
  bash -c '"$0" migrate && "$0" verify && "$0" stats --json' "$work/tools/solid-cache"
