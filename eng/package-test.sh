#!/usr/bin/env bash
# Packs the library and its companion for Entity Framework Core, looks into the packages, and uses them as a new user would: from a project outside this
# repository, which gets it from a folder as it would from a feed, on a real PostgreSQL server.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
repository=$PWD

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=0.0.0-ci.$(date -u +%Y%m%d%H%M%S)
machine_packages=$(dotnet nuget locals global-packages --list | sed 's/^[^:]*: *//')

# A build tree of its own: the odd version does not get into the repository's bin and obj folders. With the library that it depends on.
for packed in SolidCache.Postgres SolidCache.Postgres.EntityFrameworkCore; do
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
cd "$work"
dotnet new console --name Newcomer --output Newcomer --no-restore >/dev/null
cp "$repository/eng/package-test/Program.cs" Newcomer/
dotnet add Newcomer package Microsoft.Extensions.Hosting >/dev/null
dotnet add Newcomer package SolidCache.Postgres --version "$version" >/dev/null
dotnet add Newcomer package SolidCache.Postgres.EntityFrameworkCore --version "$version" >/dev/null
dotnet build Newcomer -c Release --nologo -v quiet -clp:NoSummary

# The README's program, pasted as a reader does: no warning, and a console that stays quiet.
dotnet new web --name Shop --output Shop --no-restore >/dev/null
sed -n '/^```csharp$/,/^```$/p' "$repository/README.md" | sed '1d;/^```$/,$d' >Shop/Program.cs
dotnet add Shop package SolidCache.Postgres --version "$version" >/dev/null
dotnet build Shop -c Release --nologo -v quiet -clp:NoSummary -warnaserror

missing=0
must() { # must WHAT TEST...
  local what=$1
  shift
  "$@" >/dev/null || { echo "package-test: missing: $what" >&2; missing=1; }
}
for packed in SolidCache.Postgres SolidCache.Postgres.EntityFrameworkCore; do
  package=$NUGET_PACKAGES/${packed,,}/$version
  must "the library of $packed" ls "$package/lib/net10.0/$packed.dll"
  must "the XML documentation of $packed" ls "$package/lib/net10.0/$packed.xml"
  must "README.md of $packed" ls "$package/README.md"
  must "the readme in the metadata of $packed" grep '<readme>README.md</readme>' "$package/${packed,,}.nuspec"
  must "the licence of $packed" grep '<license type="expression">MIT</license>' "$package/${packed,,}.nuspec"
  # A zip file holds the names of its files in clear; some of these NuGet does not unpack.
  must "the software bill of materials of $packed" grep -a '_manifest/spdx_[0-9.]*/manifest.spdx.json' "$work/packages/$packed.$version.nupkg"
  must "the symbols of $packed" grep -a "lib/net10.0/$packed.pdb" "$work/packages/$packed.$version.snupkg"
done
must 'the migration scripts' ls "$NUGET_PACKAGES/solidcache.postgres/$version"/schema/*.sql
(( missing == 0 )) || exit 1

# The tool, installed and run as an operator would.
cd "$repository"
dotnet pack src/SolidCache.Postgres.Tool -c Release --artifacts-path "$work/build" --output "$work/packages" \
  --nologo -v quiet -p:Version="$version"
cd "$work"
dotnet tool install SolidCache.Postgres.Tool --version "$version" --tool-path "$work/tools" --configfile "$work/nuget.config" >/dev/null

"$repository/eng/with-postgres.sh" --export ConnectionStrings__Postgres -- \
  dotnet run --project Newcomer -c Release --no-build
"$repository/eng/with-postgres.sh" --export ConnectionStrings__Postgres -- "$repository/eng/package-test/shop.sh" "$("$repository/eng/free-port.sh")"
"$repository/eng/with-postgres.sh" --export ConnectionStrings__SolidCache -- \
  bash -c '"$0" migrate && "$0" verify && "$0" stats --json' "$work/tools/solid-cache"
