#!/bin/sh
# Checks the sealed days of one contract with nothing but a shell, coreutils, openssl 3 and xxd.
#
#   sh verify.sh -k KEY.pem [-k OLDER.pem]... [-c CHECKPOINT] [-o ORIGIN] [-w WITNESS.pem] [-a AUTHORITY-CA.pem] [-s] [FOLDER]
#
# -k  a public key of the monitor's, had from its owner and not from this folder; every key that ever signed
# -c  a checkpoint that you kept: all that it covered must be there, unchanged (finds days that are gone at the end)
# -o  the name that the checkpoints must have
# -w  a witness's public key: it must have signed one of the checkpoints
# -a  certificates of the time-stamping authority: every time stamp must hold
# -s  digests of days and checkpoints alone, for a witness who has no files of observations
#
# Exit status 0: all of it holds, and the last line says what was checked. 1: something does not. docs/archive.md says
# what is checked. No step relies on `set -e`: each failure is asked for, and none is asked for in a subshell.
LC_ALL=C
export LC_ALL
unset CDPATH
fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}
note() { printf 'note: %s\n' "$*" >&2; }
is_hex() { # text, length
    [ "${#1}" -eq "$2" ] || return 1
    case $1 in *[!0-9a-f]*) return 1 ;; esac
}
is_plain() { [ -f "$1" ] && [ ! -L "$1" ]; }
is_name() { case $1 in '' | *[!A-Za-z0-9._/-]*) return 1 ;; esac }
sha() { # of standard input
    set -- "$(sha256sum)"
    printf '%s' "${1%% *}"
}
node() { { printf '01%s%s' "$1" "$2" | xxd -r -p; } | sha; }
key_id() { { printf '%s\n' "$1" && printf '%s%s' "$2" "$3" | xxd -r -p; } | sha | cut -c 1-8; } # name, kind, key
raw_key() { # the 32 bytes of an Ed25519 key, in hex; nothing for any other
    set -- "$(openssl pkey -pubin -in "$1" -outform DER 2>/dev/null | xxd -p -c 100)"
    case $1 in 302a300506032b6570032100*) printf '%s' "${1#302a300506032b6570032100}" ;; esac
}
holds() { openssl pkeyutl -verify -pubin -inkey "$1" -rawin -in "$2" -sigfile "$3" >/dev/null 2>&1; }

keys='' witness='' authority='' kept='' origin='' sums_only=''
while getopts k:w:a:c:o:s option; do
    case $option in
    k) keys="$keys$(realpath -e -- "$OPTARG")
" || fail "no key: $OPTARG" ;;
    w) witness=$(realpath -e -- "$OPTARG") || fail "no key: $OPTARG" ;;
    a) authority=$(realpath -e -- "$OPTARG") || fail "no certificates: $OPTARG" ;;
    c) kept=$(realpath -e -- "$OPTARG") || fail "no checkpoint: $OPTARG" ;;
    o) origin=$OPTARG ;;
    s) sums_only=1 ;;
    *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
[ -n "$keys" ] || fail 'name the public key of the monitor (-k KEY.pem)'
cd -- "${1:-.}" || fail "no such folder: $1"
work=$(mktemp -d) || fail 'no room for temporary files'
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

IFS='
'
set -f
set -- $keys
set +f
IFS=' '
known='' # the keys in hex; $work has each under its name
for key; do
    raw=$(raw_key "$key")
    is_hex "$raw" 64 || fail "$key: is no public Ed25519 key"
    cat "$key" >"$work/$raw" || fail "$key: cannot be read"
    known="$known $raw"
done
witness_raw=''
if [ -n "$witness" ]; then
    witness_raw=$(raw_key "$witness")
    is_hex "$witness_raw" 64 || fail "$witness: is no public Ed25519 key"
fi
kept_size='' kept_root='' kept_origin='' is_kept_found=''
if [ -n "$kept" ]; then
    { IFS= read -r kept_origin && IFS= read -r kept_size && IFS= read -r kept_root; } <"$kept" || fail "$kept: is no checkpoint"
    case $kept_size in '' | *[!0-9]*) fail "$kept: is no checkpoint" ;; esac
    [ "${origin:-$kept_origin}" = "$kept_origin" ] || fail "$kept: is a checkpoint of $kept_origin"
    origin=$kept_origin
fi

for name in * .*; do
    case $name in
    . | .. | verify.sh) ;;
    [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]) [ -d "$name" ] && [ ! -L "$name" ] || fail "$name: is no folder" ;;
    .[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9].part) note "$name was left unfinished, and proves nothing" ;;
    *) [ ! -e "$name" ] && [ ! -L "$name" ] || fail "there is something beside the days that is none" ;;
    esac
done

check_files() { # every line of SHA256SUMS but the last; sets names and last
    names=' ' last=''
    while IFS= read -r line; do
        if [ -n "$last" ]; then
            digest=${last%%  *} name=${last#*  }
            is_hex "$digest" 64 || fail "$day/SHA256SUMS: is no list of digests"
            case $name in '' | [!a-z0-9]* | *[!A-Za-z0-9._-]*) fail "$day/SHA256SUMS: names what is no file" ;; esac
            names="$names$name "
            if [ -z "$sums_only" ]; then
                is_plain "$day/$name" || fail "$day/$name: is missing, or no regular file"
                [ "$(sha <"$day/$name")" = "$digest" ] || fail "$day/$name: was changed"
            fi
        fi
        last=$line line=''
    done <"$day/SHA256SUMS"
    [ -z "$line" ] || fail "$day/SHA256SUMS: ends in the middle of a line"
}
check_folder() { # nothing is there that the digests do not account for
    for path in "$day"/* "$day"/.*; do
        name=${path#"$day"/}
        case $name in
        . | .. | SHA256SUMS | checkpoint) continue ;;
        stamp-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9].tsr)
            is_plain "$path" || fail "$path: is no regular file"
            continue
            ;;
        esac
        [ -e "$path" ] || [ -L "$path" ] || continue
        case $name in *' '*) fail "$day: holds a file that was not sealed with it" ;; esac
        case $names in *" $name "*) ;; *) fail "$day: holds a file that was not sealed with it" ;; esac
    done
    is_right=''
    while IFS= read -r line; do
        [ "$line" = " \"day\": \"$day\"," ] && is_right=1
    done <"$day/day.json"
    [ -n "$is_right" ] || fail "$day/day.json: is of another day"
}
grow() { # the tree by one leaf, then its root (RFC 6962): whole has the roots of the perfect subtrees, the last one first
    hash=$({ printf '\000' && cat "$day/SHA256SUMS"; } | sha)
    is_hex "$hash" 64 || fail "$day/SHA256SUMS: cannot be read"
    size=$number
    while [ $((size % 2)) -eq 1 ]; do
        hash=$(node "${whole%% *}" "$hash") whole=${whole#* } size=$((size / 2))
    done
    whole="$hash $whole" number=$((number + 1))
    root=''
    for hash in $whole; do
        if [ -z "$root" ]; then root=$hash; else root=$(node "$hash" "$root"); fi
    done
    is_hex "$root" 64 || fail "the tree cannot be worked out"
    root=$(printf '%s' "$root" | xxd -r -p | base64 -w 0)
}
check_signature() { # line; sets is_signed, and witnessed
    case $line in '— '*' '*) ;; *) fail "$day/checkpoint: has a line that is no signature" ;; esac
    by=${line#* } && signature=${by#* } && by=${by%% *}
    is_name "$by" || fail "$day/checkpoint: is signed in a name that is none"
    printf '%s' "$signature" | base64 -d >"$work/sealed" 2>/dev/null || fail "$day/checkpoint: has a line that is no signature"
    [ "$(base64 -w 0 <"$work/sealed")" = "$signature" ] || fail "$day/checkpoint: has a line that is no signature"
    sealed=$(xxd -p -c 400 <"$work/sealed")
    id=${sealed%"${sealed#????????}"}
    for key in $ids; do
        if [ "$by" = "$origin" ] && [ "$id" = "${key%%:*}" ]; then
            tail -c +5 "$work/sealed" >"$work/signature"
            is_hex "$sealed" 136 && holds "$work/${key#*:}" "$work/text" "$work/signature" ||
                fail "$day/checkpoint: the signature is wrong"
            is_signed=1
            return
        fi
    done
    if [ -n "$witness" ] && [ "$id" = "$(key_id "$by" 04 "$witness_raw")" ]; then
        is_hex "$sealed" 152 || fail "$day/checkpoint: the witness's signature is wrong"
        at=$(printf '%s' "$sealed" | cut -c 9-24)
        at=$((0x$at))
        { printf 'cosignature/v1\ntime %s\n' "$at" && cat "$work/text"; } >"$work/cosigned"
        tail -c +13 "$work/sealed" >"$work/signature"
        holds "$witness" "$work/cosigned" "$work/signature" || fail "$day/checkpoint: the witness's signature is wrong"
        witnessed="$by signed up to $day at $(date -u -d "@$at" '+%F %T') UTC"
        return
    fi
    note "$day/checkpoint: a signature of $by was not checked, for want of its key"
}
check_checkpoint() { # sets origin, and with it ids: how each key is called in a signature
    is_plain "$day/checkpoint" || fail "$day/checkpoint: is missing, or no regular file"
    is_signed='' line=''
    {
        IFS= read -r first && IFS= read -r second && IFS= read -r third && IFS= read -r fourth || fail "$day/checkpoint: is no checkpoint"
        origin=${origin:-$first}
        is_name "$origin" || fail "$day/checkpoint: has a name that is none"
        if [ -z "$ids" ]; then
            for raw in $known; do
                ids="$ids $(key_id "$origin" 01 "$raw"):$raw"
            done
        fi
        [ "$first" = "$origin" ] || fail "$day/checkpoint: is of another archive"
        [ "$second" = "$number" ] && [ "$third" = "$root" ] && [ -z "$fourth" ] || fail "$day/checkpoint: is not of the days up to this one"
        printf '%s\n%s\n%s\n' "$origin" "$number" "$root" >"$work/text"
        while IFS= read -r line; do
            check_signature
        done
        [ -z "$line" ] || fail "$day/checkpoint: ends in the middle of a line"
    } <"$day/checkpoint"
    [ -n "$is_signed" ] || fail "$day/checkpoint: none of the keys signed it"
}
check_stamps() {
    for stamp in "$day"/stamp-*.tsr; do
        is_plain "$stamp" || continue
        if [ -z "$authority" ]; then
            unchecked=$((unchecked + 1))
            continue
        fi
        openssl ts -reply -in "$stamp" -text >"$work/reply" 2>/dev/null || fail "$stamp: is no time stamp"
        at=''
        while IFS= read -r line; do
            case $line in 'Time stamp: '*) at=$(date -u -d "${line#Time stamp: }" +%s) || fail "$stamp: has no time" ;; esac
        done <"$work/reply"
        openssl ts -verify -in "$stamp" -data "$work/text" -CAfile "$authority" -attime "$at" >/dev/null 2>&1 ||
            fail "$stamp: does not stamp this checkpoint, or another authority made it"
        stamped="up to $day at $(date -u -d "@$at" '+%F %T') UTC"
    done
}

number=0 whole='' ids='' day='' first_day='' witnessed='' stamped='' unchecked=0
before="$(printf '' | sha)  /dev/null"
for next in [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]; do
    [ -d "$next" ] || fail 'there is no sealed day here'
    [ -z "$day" ] || [ "$(date -u -d "$day + 1 day" +%F)" = "$next" ] || fail "the day after $day is missing"
    day=$next
    first_day=${first_day:-$day}
    is_plain "$day/SHA256SUMS" || fail "$day/SHA256SUMS: is missing, or no regular file"
    check_files
    [ "$last" = "$before" ] || fail "$day/SHA256SUMS: does not go on from the day before"
    [ -n "$sums_only" ] || check_folder
    grow
    check_checkpoint
    check_stamps
    if [ "$number" = "$kept_size" ]; then
        [ "$root" = "$kept_root" ] || fail "the days up to $day are not those of the checkpoint that you kept"
        is_kept_found=1
    fi
    before="$(sha <"$day/SHA256SUMS")  ../$day/SHA256SUMS"
done
[ -z "$kept" ] || [ -n "$is_kept_found" ] || fail "there are $number days, and the checkpoint that you kept has $kept_size"
[ -z "$witness" ] || [ -n "$witnessed" ] || fail 'the witness has signed none of these checkpoints'
[ "$unchecked" -eq 0 ] || note "$unchecked time stamps were not checked, for want of the authority's certificates"
[ -z "$witnessed" ] || printf 'witness: %s\n' "$witnessed"
[ -z "$stamped" ] || printf 'time stamp: %s\n' "$stamped"
printf 'good: %s, %s days, %s to %s%s, root %s\n' "$origin" "$number" "$first_day" "$day" "${sums_only:+ (digests alone)}" "$root"
