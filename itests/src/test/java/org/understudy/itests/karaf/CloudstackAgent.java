// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import groovy.lang.Binding;
import groovy.lang.GroovyObject;
import groovy.util.GroovyScriptEngine;
import groovy.util.ResourceException;
import groovy.util.ScriptException;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.codehaus.groovy.runtime.metaclass.MissingMethodExceptionNoStack;
import org.understudy.itests.Built;

/**
 * Runs hooks as CloudStack's agent does: one JVM, with one environment, runs a script for each event. Source:
 * com.cloud.hypervisor.kvm.resource.LibvirtKvmAgentHook.
 */
final class CloudstackAgent implements AutoCloseable {
    private final Process process;
    private final DataOutputStream calls;
    private final DataInputStream answers;

    /** @param log what the script logged, one line for each message */
    record Answer(String result, String log) {}

    /** @param environment of the agent, and so of the programs that its scripts start */
    CloudstackAgent(Map<String, String> environment) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "--add-opens=java.base/java.lang=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        CloudstackAgent.class.getName(),
                        Built.hooks().resolve("cloudstack").toString())
                .redirectError(Redirect.INHERIT);
        builder.environment().putAll(environment);
        process = builder.start();
        calls = new DataOutputStream(process.getOutputStream());
        answers = new DataInputStream(process.getInputStream());
    }

    Answer call(String script, String method, String argument) throws IOException {
        calls.writeUTF(script);
        calls.writeUTF(method);
        calls.writeUTF(argument);
        calls.flush();
        return new Answer(answers.readUTF(), answers.readUTF());
    }

    /** The agent ends with its input. */
    @Override
    public void close() throws IOException {
        calls.close();
        process.onExit().orTimeout(60, TimeUnit.SECONDS).join();
    }

    /** With the methods of Log4j that a script may call. */
    public static final class Logger {
        private final StringBuilder lines = new StringBuilder();

        public void info(Object message) {
            lines.append("INFO ").append(message).append('\n');
        }

        public void warn(Object message) {
            lines.append("WARN ").append(message).append('\n');
        }
    }

    /** Answers calls until standard input ends. */
    public static void main(String[] folder) throws Exception {
        DataInputStream in = new DataInputStream(System.in);
        DataOutputStream out = new DataOutputStream(System.out);
        while (true) {
            String script;
            try {
                script = in.readUTF();
            } catch (EOFException e) {
                return;
            }
            Logger logger = new Logger();
            out.writeUTF(String.valueOf(handle(folder[0], script, in.readUTF(), logger, in.readUTF())));
            out.writeUTF(logger.lines.toString());
            out.flush();
        }
    }

    private static Object handle(String folder, String script, String method, Logger logger, String argument)
            throws IOException, ResourceException, ScriptException {
        GroovyObject object = (GroovyObject) new GroovyScriptEngine(folder).run(script, new Binding());
        try {
            return object.invokeMethod(method, new Object[] {logger, argument});
        } catch (MissingMethodExceptionNoStack e) {
            logger.lines.append("ERROR ").append(e).append('\n');
            return argument;
        }
    }
}
