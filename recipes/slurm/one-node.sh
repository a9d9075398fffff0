#!/usr/bin/env bash
# Starts a Slurm of one node, this machine, to try the scripts here: munged, slurmctld and slurmd, as root. Debian and
# Ubuntu have them in slurm-wlm and munge.
#
#   recipes/slurm/one-node.sh FOLDER [CPUS]    # prints what to export; CPUS may be more than there are
#   recipes/slurm/one-node.sh FOLDER --stop
set -euo pipefail
folder=$(mkdir -p "$1" && cd "$1" && pwd) what=${2:-$(nproc)}
stop() {
  for daemon in slurmd slurmctld munged; do
    [ ! -f "$folder/$daemon.pid" ] || kill "$(cat "$folder/$daemon.pid")" 2>/dev/null || true
  done
}
if [ "$what" = --stop ]; then
  stop
  exit
fi
for program in munged slurmctld slurmd sinfo; do
  command -v "$program" >/dev/null || { echo "$program is missing: apt-get install slurm-wlm munge" >&2; exit 1; }
done
mkdir -p "$folder/state" "$folder/spool"
chmod 755 "$folder"
[ -f "$folder/munge.key" ] || (umask 077 && head -c 1024 /dev/urandom >"$folder/munge.key")
# Munge wants folders that others can't write to, which /tmp is not: hence --force.
munged --force --socket="$folder/munge.socket" --key-file="$folder/munge.key" --pid-file="$folder/munged.pid" \
  --log-file="$folder/munged.log" --seed-file="$folder/munge.seed" 2>>"$folder/munged.log"
cat >"$folder/slurm.conf" <<CONF
ClusterName=one
SlurmctldHost=$(hostname -s)
SlurmctldParameters=enable_configless
AuthType=auth/munge
# A job that is queued again waits until what it was started with has expired.
AuthInfo=socket=$folder/munge.socket,cred_expire=5
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=pmix
ReturnToService=2
SchedulerParameters=batch_sched_delay=0,sched_min_interval=200000
KillWait=10
OverTimeLimit=0
MinJobAge=3600
NodeName=$(hostname -s) NodeAddr=127.0.0.1 CPUs=$what State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$folder/slurm.conf
slurmctld -f "$SLURM_CONF"
slurmd -f "$SLURM_CONF"
for _ in $(seq 60); do
  if sinfo -h -o %T 2>/dev/null | grep -q idle; then
    echo "export SLURM_CONF='$SLURM_CONF'"
    exit
  fi
  sleep 1
done
echo "no node came up; look at the logs in $folder" >&2
exit 1
