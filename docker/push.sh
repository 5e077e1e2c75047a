#!/bin/sh
# Pushes an image to a repository as the release of the commit that is checked out, and prints its digest.
# The tag is the commit and the platform: Lambda takes no index of several platforms. What was released stays: where
# the tag is there already, the digest is that of the image that has it, and nothing is pushed.
set -eu

image=$1
repository=$2
docker=$("$(dirname "$0")/engine.sh" client)
commit=$(git -C "$(dirname "$0")" rev-parse HEAD)
tag=$commit-$("$docker" image inspect --format '{{.Architecture}}' "$image")

said=$("$docker" pull "$repository:$tag" 2>/dev/null) || {
    "$docker" tag "$image" "$repository:$tag"
    said=$("$docker" push "$repository:$tag")
}
echo "$said" | sed -nE 's/.*[Dd]igest: (sha256:[0-9a-f]{64}).*/\1/p'
