#!/bin/sh
# pki.sh FOLDER NAME...: a throwaway authority (ca.crt, ca.key) and a server certificate for NAMEs (server.crt, server.key).
set -eu
folder=$1; shift
umask 077
mkdir -p "$folder"; cd "$folder"
new='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
names=$(printf ',DNS:%s' "$@")
printf '%s\n' "subjectAltName=${names#,}" extendedKeyUsage=serverAuth keyUsage=digitalSignature \
    basicConstraints=CA:FALSE > server.ext
# shellcheck disable=SC2086 # $new is a list of words
{
openssl req -x509 $new -days 30 -subj '/CN=Latchkey test authority' -keyout ca.key -out ca.crt \
    -addext keyUsage=critical,keyCertSign,cRLSign
openssl req $new -subj "/CN=$1" -keyout server.key -out server.csr
} 2>/dev/null
openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile server.ext \
    -out server.crt 2>/dev/null
rm server.ext server.csr
