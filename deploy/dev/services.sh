#!/usr/bin/env bash
# A real PostgreSQL and a real Apache Kafka (KRaft, one node) for development and tests.
#
#   services.sh up            start both, or say that they run; the first time it makes their data
#   services.sh status        what runs; exit code 0 when both do
#   services.sh env           print the settings that point a shell at them: eval "$(services.sh env)"
#   services.sh env --fresh   the same with a new, empty database and a new topic prefix
#   services.sh down          stop both, keep the data
#   services.sh wipe          stop both, delete the data (the Kafka jars stay)
#   services.sh guarded up    start a second Kafka that asks who you are (SASL/SCRAM) and what you may (ACLs);
#                             also guarded env, guarded down and guarded wipe
#   services.sh needs         print the Debian packages that are missing for this
#
# Settings: VET_HUB_DEV_STATE (folder of data, logs and jars), VET_HUB_DEV_PGPORT, VET_HUB_DEV_KPORT, VET_HUB_DEV_CPORT
# (ports of PostgreSQL, Kafka and Kafka's controller); for the guarded one VET_HUB_DEV_GUARDED (its folder),
# VET_HUB_DEV_GUARDED_KPORT and VET_HUB_DEV_GUARDED_CPORT. Works as root and as an ordinary user; listens on 127.0.0.1 only.
# For development: no secrets (the guarded Kafka's are in this file), one copy of everything, short Kafka time-outs.
set -euo pipefail
umask 022 # the postgres user must be able to enter what root makes

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Not under the home folder, which the postgres user cannot enter when root starts the services.
temporary=/var/tmp
[ -w "$temporary" ] || temporary=${TMPDIR:-/tmp}
state=${VET_HUB_DEV_STATE:-$temporary/vet-hub-dev-$(id -u)}
[[ $state == /* ]] || state=$PWD/$state
pgport=${VET_HUB_DEV_PGPORT:-15432}
kport=${VET_HUB_DEV_KPORT:-19092}
cport=${VET_HUB_DEV_CPORT:-19093}
pg=$state/pg
kafka=$state/kafka
libs=$kafka/libs
guarded=''
if [ "${1:-}" = guarded ]; then
  guarded=yes
  kafka=${VET_HUB_DEV_GUARDED:-$state/guarded}
  kport=${VET_HUB_DEV_GUARDED_KPORT:-29092}
  cport=${VET_HUB_DEV_GUARDED_CPORT:-29093}
fi
pgbin=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -1) || true
[ -n "$pgbin" ] || pgbin=$(dirname "$(command -v initdb 2>/dev/null)" 2>/dev/null) || pgbin=''

say() { printf '%s\n' "$*"; }
complain() { say "services.sh: $*" >&2; }
die() { complain "$*"; exit 1; }

# initdb and postgres refuse to run as root; lock descriptor 9 must not live on in a server.
as_pg() (
  cd /
  exec 9>&-
  if [ "$(id -u)" = 0 ]; then exec runuser -u postgres -- "$@"; else exec "$@"; fi
)

port_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# started_for PIDFILE TEXT: the process of that file lives and has TEXT in its command line. A pid file outlives a
# kill -9 or a reboot, and then its number may belong to somebody else; a zombie has no command line.
started_for() {
  local pid command
  pid=$(head -1 "$1" 2>/dev/null) && [ -n "$pid" ] || return 1
  command=$({ tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null) || return 1
  [[ $command == *"$2"* ]]
}
pg_runs() { started_for "$pg/postmaster.pid" "$pg"; }
kafka_runs() { started_for "$kafka/pid" "$kafka/server.properties"; }
pg_ready() { pg_runs && port_open "$pgport"; }
kafka_ready() { kafka_runs && port_open "$kport"; }

needs() {
  local missing=()
  [ -n "$pgbin" ] || missing+=(postgresql)
  command -v java >/dev/null || missing+=(default-jre-headless)
  command -v mvn >/dev/null || jars_complete || missing+=(maven)
  say "${missing[*]}"
}

check_installed() {
  local missing
  missing=$(needs)
  [ -z "$missing" ] ||
    die "not installed: $missing. On Debian or Ubuntu: apt-get install --no-install-recommends $missing"
}

check_port() { # PORT SETTING
  ! port_open "$1" || die "port $1 is taken by another program. Stop it, or choose another port with $2."
}

wait_for_port() { for _ in $(seq 120); do ! port_open "$1" || return 0; sleep .25; done; return 1; }

# The ports that the running servers were started with; a second `up` with other ports would find neither.
remember_ports() {
  local ports="$pgport $kport $cport" before
  before=$(cat "$state/ports" 2>/dev/null) || before=$ports
  [ "$before" = "$ports" ] || ! { pg_runs || kafka_runs; } ||
    die "the services already run with the ports $before. To change them, first: $0 down"
  say "$ports" >"$state/ports"
}

open_state() {
  mkdir -p "$state"
  [ -O "$state" ] || die "$state belongs to another user. Choose another folder with VET_HUB_DEV_STATE."
  exec 9>"$state/lock"
  flock -n 9 || { say "Another services.sh is at work; waiting for it"; flock -w 180 9; }
}

# ---- PostgreSQL

pg_create() {
  [ ! -s "$pg/PG_VERSION" ] || return 0
  say "PostgreSQL: creating its data in $pg (once)"
  # Made aside and renamed when whole: an interrupted initdb leaves a folder that looks finished.
  rm -rf "$pg.new" "$pg"
  mkdir -m 700 "$pg.new"
  [ "$(id -u)" != 0 ] || chown postgres "$pg.new"
  as_pg test -x "$state" || die "the user postgres cannot enter $state. Choose another folder with VET_HUB_DEV_STATE."
  as_pg "$pgbin/initdb" -D "$pg.new" -U postgres -A trust -E UTF8 --locale=C.UTF-8 >"$state/initdb.log" 2>&1 ||
    { tail -20 "$state/initdb.log" >&2; die "initdb failed"; }
  mv "$pg.new" "$pg"
}

pg_start() {
  local attempt
  ! pg_runs || { wait_for_port "$pgport" && return 0; die "PostgreSQL runs, but does not answer on port $pgport"; }
  check_port "$pgport" VET_HUB_DEV_PGPORT
  # Left by a kill -9, its number may now be another process, and PostgreSQL would refuse to start for it.
  rm -f "$pg/postmaster.pid"
  for attempt in 1 2 3; do
    say "PostgreSQL: starting on 127.0.0.1:$pgport"
    ! as_pg "$pgbin/pg_ctl" -D "$pg" -l "$pg/server.log" -w -t 60 start -o "-p $pgport -c listen_addresses=127.0.0.1 \
      -c unix_socket_directories='' -c max_connections=200" >/dev/null 2>&1 </dev/null || return 0
    sleep "$attempt" # the backends of a killed server need a moment to go
  done
  tail -20 "$pg/server.log" >&2
  die "PostgreSQL did not start; its log is $pg/server.log"
}

sql() { "$pgbin/psql" -XqtA -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$pgport" -U postgres -d postgres -c "$1"; }

pg_up() {
  pg_create
  pg_ready || pg_start
  [ "$(sql "select 1 from pg_database where datname = 'vet_hub'")" = 1 ] || sql "create database vet_hub"
}

pg_down() {
  pg_runs || return 0
  as_pg "$pgbin/pg_ctl" -D "$pg" -m fast -w -t 60 stop >/dev/null 2>&1 || die "PostgreSQL did not stop"
  say "PostgreSQL: stopped"
}

# ---- Kafka

jars_complete() { [ "$(cat "$libs/.complete" 2>/dev/null)" = "$(cksum <"$here/pom.xml")" ]; }

kafka_jars() {
  ! jars_complete || return 0
  say "Kafka: fetching its jars with Maven (once, about 45 MB)"
  rm -rf "$libs"
  mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$libs" \
    >"$state/maven.log" 2>&1 </dev/null 9>&- || { tail -20 "$state/maven.log" >&2; die "Maven could not fetch the Kafka jars"; }
  cksum <"$here/pom.xml" >"$libs/.complete"
}

# The short session lets a broker that was killed come back in seconds (the old registration must expire first);
# the rebalance delay of 0 saves each new group three seconds. Both are for development only.
kafka_settings() {
  cat >"$kafka/server.properties" <<END
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:$cport
controller.listener.names=CONTROLLER
log.dirs=$kafka/data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=5
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
END
  if [ -n "$guarded" ]; then guarded_listeners; else plain_listeners; fi >>"$kafka/server.properties"
  cat >"$kafka/log4j2.properties" <<'END'
rootLogger.level=warn
rootLogger.appenderRef.c.ref=C
appender.c.type=Console
appender.c.name=C
appender.c.layout.type=PatternLayout
appender.c.layout.pattern=%d %p %c - %m%n
END
}

plain_listeners() {
  cat <<END
listeners=PLAINTEXT://127.0.0.1:$kport,CONTROLLER://127.0.0.1:$cport
advertised.listeners=PLAINTEXT://127.0.0.1:$kport
END
}

# Everybody shows a name and password, and nobody may anything that no ACL allows, save the user admin.
guarded_listeners() {
  local module=org.apache.kafka.common.security
  cat <<END
listeners=BROKER://127.0.0.1:$kport,CONTROLLER://127.0.0.1:$cport
advertised.listeners=BROKER://127.0.0.1:$kport
listener.security.protocol.map=BROKER:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT
inter.broker.listener.name=BROKER
sasl.enabled.mechanisms=SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
sasl.mechanism.controller.protocol=PLAIN
listener.name.broker.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.broker.scram-sha-512.sasl.jaas.config=$module.scram.ScramLoginModule required username="admin" password="admin-secret";
listener.name.controller.sasl.enabled.mechanisms=PLAIN
listener.name.controller.plain.sasl.jaas.config=$module.plain.PlainLoginModule required username="admin" password="admin-secret" user_admin="admin-secret";
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:admin
allow.everyone.if.no.acl.found=false
END
}

# The JVM itself expands the star of the class path.
java_command() {
  java=(java -Xmx512m -XX:+UseSerialGC -cp "$libs/*" "-Dlog4j2.configurationFile=$kafka/log4j2.properties")
}

kafka_format() {
  [ ! -e "$kafka/data/.formatted" ] || return 0
  rm -rf "$kafka/data" "$kafka/pid"
  # The cluster's id: any 16 bytes in base64.
  local admin=()
  [ -z "$guarded" ] || admin=(--add-scram 'SCRAM-SHA-512=[name=admin,password=admin-secret]')
  "${java[@]}" kafka.tools.StorageTool format -t dmV0LWh1Yi1kZXYta2ZrYQ --standalone "${admin[@]}" \
    -c "$kafka/server.properties" >"$kafka/format.log" 2>&1 || { tail -20 "$kafka/format.log" >&2; die "Kafka could not format its data folder"; }
  touch "$kafka/data/.formatted"
}

kafka_launch() {
  nohup setsid "${java[@]}" kafka.Kafka "$kafka/server.properties" >>"$kafka/server.log" 2>&1 </dev/null 9>&- &
  echo $! >"$kafka/pid"
}

kafka_start() {
  local starts=0
  kafka_runs || check_port "$kport" VET_HUB_DEV_KPORT
  kafka_runs || check_port "$cport" VET_HUB_DEV_CPORT
  say "Kafka: starting on 127.0.0.1:$kport (a few seconds)"
  # The client port opens only when the broker is registered and serves.
  for _ in $(seq 360); do
    if ! kafka_runs; then
      [ $((starts++)) -lt 2 ] || { tail -20 "$kafka/server.log" >&2; die "Kafka did not start; its log is $kafka/server.log"; }
      kafka_launch
    fi
    ! port_open "$kport" || return 0
    sleep .25
  done
  die "Kafka is not ready after 90 s; its log is $kafka/server.log"
}

kafka_up() {
  local java
  ! kafka_ready || return 0
  mkdir -p "$kafka"
  kafka_jars
  kafka_settings
  java_command
  kafka_format
  kafka_start
}

kafka_down() {
  local pid
  kafka_runs || { rm -f "$kafka/pid"; return 0; }
  pid=$(cat "$kafka/pid")
  kill "$pid"
  for _ in $(seq 120); do kafka_runs || break; sleep .25; done
  ! kafka_runs || kill -9 "$pid"
  rm -f "$kafka/pid"
  say "Kafka: stopped"
}

# ---- commands

up() {
  check_installed
  open_state
  remember_ports
  pg_up
  kafka_up
  status
}

status() {
  local code=0
  if pg_ready; then say "PostgreSQL runs on 127.0.0.1:$pgport"; else say "PostgreSQL is down"; code=1; fi
  if kafka_ready; then say "Kafka runs on 127.0.0.1:$kport"; else say "Kafka is down"; code=1; fi
  return $code
}

environment() {
  local database=vet_hub prefix='' word
  status >/dev/null || die "the services are down. Start them: $0 up"
  if [ "${1:-}" = --fresh ]; then
    word=$(od -An -N5 -tx1 /dev/urandom | tr -d ' \n')
    database=vet_hub_$word
    prefix=" VET_HUB_TOPIC_PREFIX=t$word."
    sql "create database $database"
  fi
  say "export VET_HUB_DATABASE_URL=postgresql+asyncpg://postgres@127.0.0.1:$pgport/$database" \
    "VET_HUB_LOG_URL=kafka://127.0.0.1:$kport$prefix"
}

down() {
  [ -d "$state" ] || return 0
  open_state
  kafka_down
  pg_down
}

wipe() {
  down
  rm -rf "$pg" "$pg.new" "$kafka/data" "$kafka/server.log"
  say "Wiped $state (the Kafka jars stay)"
}

guarded_up() {
  check_installed
  open_state
  kafka_up
  say "The guarded Kafka runs on 127.0.0.1:$kport"
}

guarded_environment() {
  kafka_ready || die "the guarded Kafka is down. Start it: $0 guarded up"
  say "export VET_HUB_LOG_URL=kafka://127.0.0.1:$kport VET_HUB_LOG_USER=admin VET_HUB_LOG_PASSWORD=admin-secret"
}

guarded_down() {
  [ -d "$kafka" ] || return 0
  open_state
  kafka_down
}

guarded_wipe() {
  guarded_down
  rm -rf "$kafka"
}

usage() { sed -n '2,/^set -/{/^#/!d;s/^# \{0,1\}//;p;}' "${BASH_SOURCE[0]}"; }

case "${1:-} ${2:-}" in
  'up ') up ;;
  'status ') status ;;
  'env ' | 'env --fresh') environment "${2:-}" ;;
  'down ') down ;;
  'wipe ') wipe ;;
  'guarded up') guarded_up ;;
  'guarded env') guarded_environment ;;
  'guarded down') guarded_down ;;
  'guarded wipe') guarded_wipe ;;
  'needs ') needs ;;
  *) usage >&2; exit 2 ;;
esac
