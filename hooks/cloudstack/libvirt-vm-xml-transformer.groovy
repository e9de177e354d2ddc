// SPDX-License-Identifier: Apache-2.0
//
// For CloudStack's agent (agent.hooks.libvirt_vm_xml_transformer.script), which calls transform on the object that this script
// ends with, before it starts a VM. It turns NICs into pairs, with VFs that are leased on this host. The agent calls it also
// when a stopped VM is unmanaged; the VFs leased then are released after one minute, because the VM is not on this host.
//
// The VFs are written as plain <hostdev>: the agent cannot read <interface type='hostdev'>.

import java.util.concurrent.TimeUnit

class Transformer {
    static final String CLIENT = (System.getenv('UNDERSTUDY_HOOK_LIB') ?: '/usr/local/lib/understudy') + '/understudy_hook.py'

    // The client has its own deadline; this limit applies if it hangs.
    static final long TIMEOUT_SECONDS = 60

    String transform(Object logger, String xml) {
        try {
            return query(logger, xml)
        } catch (Throwable e) {
            logger.warn('The query to Understudy failed, and the VM starts with the definition of CloudStack: ' + e)
            return xml
        }
    }

    private static String query(Object logger, String xml) {
        def client = new ProcessBuilder('python3', CLIENT, 'transform', 'plain-hostdev').start()
        def definition = new ByteArrayOutputStream()
        def messages = new ByteArrayOutputStream()
        def readers = [client.consumeProcessOutputStream(definition), client.consumeProcessErrorStream(messages)]
        client.outputStream.withStream { it.write(xml.getBytes('UTF-8')) }
        if (!client.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
            client.destroyForcibly()
            throw new IllegalStateException('no answer within ' + TIMEOUT_SECONDS + ' s')
        }
        readers*.join()
        messages.toString('UTF-8').eachLine { logger.warn(it) }
        if (client.exitValue() == REFUSED) {
            return refusal(messages.toString('UTF-8'))
        } else if (client.exitValue() != 0) {
            throw new IllegalStateException(CLIENT + ' ended with ' + client.exitValue())
        }
        return definition.toString('UTF-8')
    }

    // Python itself ends with 1 or 2 if it fails, which refuses nothing.
    static final int REFUSED = 3

    // The agent starts a VM also after an error here. What libvirt refuses, it does not start, and it shows the reason.
    private static String refusal(String reason) {
        String text = reason.replaceAll('[^A-Za-z0-9 .,:;/()_-]', ' ').trim()
        return "<domain type='${text}'><name>refused</name></domain>".toString()
    }
}

new Transformer()
