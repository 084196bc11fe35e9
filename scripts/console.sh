# How the scripts talk: what they are doing, that they are still doing it, and how long it took.
# Sourced, not run. Needs bash.

# Says what happens now.
say() { printf '\033[1m==>\033[0m %s\n' "$*"; }

# Says why it cannot go on, and stops.
fail() {
  printf '\n\033[1merror:\033[0m %s\n' "$*" >&2
  exit 1
}

# "75" becomes "1 min 15 s".
elapsed() {
  if [ "$1" -lt 60 ]; then echo "$1 s"; else echo "$(($1 / 60)) min $(($1 % 60)) s"; fi
}

steps=()

# step TITLE COMMAND...: runs the command with its output visible, and a line every 20 s when it says nothing.
# The time that it took goes into the list that `summary` prints.
step() { follow show "$@"; }

# quiet_step TITLE COMMAND...: the same for talkative commands: only the last line, every 10 s; everything if it fails.
quiet_step() { follow hide "$@"; }

follow() {
  local mode=$1 title=$2 line last='' said=$SECONDS start=$SECONDS status=0 every=20 log
  shift 2
  [ "$mode" = hide ] && every=10
  log=$(mktemp)
  say "$title"
  # The command's own exit status travels as the last line: a process substitution keeps none.
  while :; do
    if IFS= read -r -t "$every" line <&3; then
      case $line in "exit status of the step: "*) status=${line##* } && break ;; esac
      printf '%s\n' "$line" >>"$log"
      last=$line
      if [ "$mode" = show ]; then printf '%s\n' "$line" && said=$SECONDS; fi
    elif [ $? -le 128 ]; then
      status=1 && break
    fi
    if [ $((SECONDS - said)) -ge "$every" ]; then
      said=$SECONDS
      if [ "$mode" = hide ]; then
        printf '    %s: %.100s\n' "$(elapsed $((SECONDS - start)))" "$last"
      else
        printf '    still at it: %s, %s\n' "$title" "$(elapsed $((SECONDS - start)))"
      fi
    fi
  done 3< <("$@" 2>&1 </dev/null; printf '\nexit status of the step: %s\n' $?)
  if [ "$mode" = hide ] && [ "$status" -ne 0 ]; then
    grep -E '(error|warning): ' "$log" | sort -u | tail -n 60
    tail -n 60 "$log"
  fi
  rm -f "$log"
  steps+=("$(printf '%12s  %s%s' "$(elapsed $((SECONDS - start)))" "$title" "$([ "$status" -eq 0 ] || echo '  FAILED')")")
  printf '    %s after %s\n' "$([ "$status" -eq 0 ] && echo done || echo FAILED)" "$(elapsed $((SECONDS - start)))"
  return "$status"
}

# Prints each step with its time.
summary() {
  say "time of each step"
  printf '%s\n' "${steps[@]}"
  printf '%12s  together\n' "$(elapsed $SECONDS)"
}
