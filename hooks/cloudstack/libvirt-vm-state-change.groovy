// SPDX-License-Identifier: Apache-2.0
//
// For CloudStack's agent (agent.hooks.libvirt_vm_on_start.script and ..._on_stop.script), which calls onStart and onStop on the
// object that this script ends with, with the name of the VM. Understudy receives both events from libvirt; this script logs
// whether Understudy answers, because a VM that is started while it does not has no pair.

import java.util.concurrent.TimeUnit

class StateChange {
    static final String CLIENT = (System.getenv('UNDERSTUDY_HOOK_LIB') ?: '/usr/local/lib/understudy') + '/understudy_hook.py'
    static final long TIMEOUT_SECONDS = 60

    boolean onStart(Object logger, String vm) {
        try {
            def client = new ProcessBuilder('python3', CLIENT, 'check').redirectErrorStream(true).start()
            client.outputStream.close()
            def output = new ByteArrayOutputStream()
            def reader = client.consumeProcessOutputStream(output)
            if (!client.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                client.destroyForcibly()
            }
            reader.join()
            logger.info('VM ' + vm + ' was started. ' + output.toString('UTF-8').trim())
        } catch (Throwable e) {
            logger.warn('VM ' + vm + ' was started; the query to Understudy failed: ' + e)
        }
        return true
    }

    boolean onStop(Object logger, String vm) {
        logger.info('VM ' + vm + ' was stopped; Understudy releases its VFs')
        return true
    }
}

new StateChange()
