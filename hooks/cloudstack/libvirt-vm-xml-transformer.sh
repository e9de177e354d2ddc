#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# For CloudStack's agent since 4.21 (agent.hooks.libvirt_vm_xml_transformer), which runs it with the method and the definition
# as arguments before it starts a VM. It replaces the Groovy script beside it, which is for older agents: it turns NICs into
# pairs, with VFs that are leased on this host, written as plain <hostdev>: the agent cannot read <interface type='hostdev'>.
#
# Source: com.cloud.hypervisor.kvm.resource.LibvirtKvmAgentHook and com.cloud.utils.script.Script. The agent kills it after
# 30 s. It takes standard output and standard error as the definition, and continues with its own definition on any status
# but 0. So nothing is written to standard error; the client writes its messages to syslog as well.
client=${UNDERSTUDY_HOOK_LIB:-/usr/local/lib/understudy}/understudy_hook.py
limit=25
refused=3

[ "${1-}" = transform ] || exit 1
definition=$(printf '%s' "${2-}" | timeout "$limit" python3 "$client" transform plain-hostdev 2>/dev/null)
status=$?
if [ "$status" -eq "$refused" ]; then
  # What libvirt refuses, the agent does not start; the reason is in syslog.
  definition="<domain type='understudy: refused, see syslog'><name>refused</name></domain>"
elif [ "$status" -ne 0 ]; then
  exit 1
fi
printf '%s\n' "$definition"
