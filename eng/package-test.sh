#!/usr/bin/env bash
# Packs the library and its companions for Entity Framework Core, ASP.NET Core and FusionCache, looks into the packages, and does with them what README and guide tell a new user to do: in projects outside this
# repository, which get it from a folder as they would from a feed, on a real PostgreSQL server.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
repository=$PWD

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
libraries=(SolidCache.Postgres SolidCache.Postgres.EntityFrameworkCore SolidCache.Postgres.AspNetCore SolidCache.Postgres.FusionCache)
version=9999.0.0 # the latest, whatever else a feed has: a reader names none
machine_packages=$(dotnet nuget locals global-packages --list | sed 's/^[^:]*: *//')

# A build tree of its own: the odd version does not get into the repository's bin and obj folders. With the library that it depends on.
for packed in "${libraries[@]}"; do
  dotnet pack "src/$packed" -c Release --artifacts-path "$work/build" --output "$work/packages" --nologo -v quiet -p:Version="$version"
done

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
mkdir "$work/readme" "$work/guide" "$work/aspnetcore" "$work/fusioncache" "$work/hybrid"
for page in README docs/guide docs/aspnetcore docs/fusioncache docs/hybrid; do
  (cd "$work/$(basename "${page,,}")" && "$repository/eng/with-postgres.sh" --export ConnectionStrings__Postgres -- \
    "$repository/eng/package-test/page.sh" "$repository/$page.md")
done

missing=0
must() { # must WHAT TEST...
  local what=$1
  shift
  "$@" >/dev/null || { echo "package-test: missing: $what" >&2; missing=1; }
}
for packed in "${libraries[@]}"; do
  package=$NUGET_PACKAGES/${packed,,}/$version
  must "the library of $packed" ls "$package/lib/net10.0/$packed.dll"
  must "the XML documentation of $packed" ls "$package/lib/net10.0/$packed.xml"
  must "README.md of $packed" ls "$package/README.md"
  must "the readme in the metadata of $packed" grep '<readme>README.md</readme>' "$package/${packed,,}.nuspec"
  must "the licence of $packed" grep '<license type="expression">MIT</license>' "$package/${packed,,}.nuspec"
  must "the icon of $packed" ls "$package/icon.png"
  must "the address of the project of $packed" grep '<projectUrl>https://' "$package/${packed,,}.nuspec"
  must "the address of the repository of $packed" grep '<repository type="git" url="https://' "$package/${packed,,}.nuspec"
  must "the release notes of $packed" grep '<releaseNotes>https://' "$package/${packed,,}.nuspec"
  # A zip file holds the names of its files in clear; some of these NuGet does not unpack.
  must "the software bill of materials of $packed" grep -a '_manifest/spdx_[0-9.]*/manifest.spdx.json' "$work/packages/$packed.$version.nupkg"
  must "the symbols of $packed" grep -a "lib/net10.0/$packed.pdb" "$work/packages/$packed.$version.snupkg"
done
package=$NUGET_PACKAGES/solidcache.postgres/$version
must 'pictures that a gallery shows' grep -F '](https://raw.githubusercontent.com/' "$package/README.md"
must 'a readme whose links lead somewhere without the repository' \
  bash -c '! grep -E "\]\(([^h]|h[^t])" "$0"' "$package/README.md"
must 'the lowest Npgsql that works' grep 'id="Npgsql" version="10.0.0"' "$package/solidcache.postgres.nuspec"
must 'the schema of its settings, where editors look for it' \
  bash -c 'cd "$0/buildTransitive/net10.0" && ls $(sed -n "s|.*(MSBuildThisFileDirectory)\([^\"]*\)\".*|\1|p" SolidCache.Postgres.targets)' "$package"
must 'the migration scripts' ls "$package"/schema/*.sql
(( missing == 0 )) || exit 1

# The tool, installed and run as an operator would.
cd "$repository"
dotnet pack src/SolidCache.Postgres.Tool -c Release --artifacts-path "$work/build" --output "$work/packages" \
  --nologo -v quiet -p:Version="$version"
cd "$work"
dotnet tool install SolidCache.Postgres.Tool --version "$version" --tool-path "$work/tools" --configfile "$work/nuget.config" >/dev/null

"$repository/eng/with-postgres.sh" --export ConnectionStrings__SolidCache -- \
  bash -c '"$0" migrate && "$0" verify && "$0" stats --json' "$work/tools/solid-cache"
