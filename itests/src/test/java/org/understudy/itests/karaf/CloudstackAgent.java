// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import groovy.lang.Binding;
import groovy.lang.GroovyObject;
import groovy.util.GroovyScriptEngine;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.codehaus.groovy.runtime.metaclass.MissingMethodExceptionNoStack;

/**
 * Runs a hook as CloudStack's agent does, in its own JVM: FOLDER SCRIPT METHOD, the argument on standard input, the
 * result on standard output. Source: com.cloud.hypervisor.kvm.resource.LibvirtKvmAgentHook.
 */
public final class CloudstackAgent {
    private CloudstackAgent() {}

    /** With the methods of Log4j that a script may call. */
    public static final class Logger {
        public void info(Object message) {
            System.err.println("INFO " + message);
        }

        public void warn(Object message) {
            System.err.println("WARN " + message);
        }
    }

    public static void main(String[] arguments) throws Exception {
        String argument = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
        new PrintStream(System.out, true, StandardCharsets.UTF_8)
                .print(handle(arguments[0], arguments[1], arguments[2], argument));
    }

    private static Object handle(String folder, String script, String method, String argument)
            throws IOException, groovy.util.ResourceException, groovy.util.ScriptException {
        GroovyObject object = (GroovyObject) new GroovyScriptEngine(folder).run(script, new Binding());
        try {
            return object.invokeMethod(method, new Object[] {new Logger(), argument});
        } catch (MissingMethodExceptionNoStack e) {
            System.err.println("ERROR " + e);
            return argument;
        }
    }
}
