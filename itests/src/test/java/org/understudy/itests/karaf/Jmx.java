// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import java.io.IOException;
import java.util.Map;
import javax.management.JMException;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/** A client of the MBeans of a Karaf that has the feature management. */
record Jmx(int registry, int server) {
    private static final String METRIC = "org.understudy:type=Metrics,name=understudy_migrations_running";

    static Jmx configure(KarafServer karaf) throws IOException {
        // The two usual ports may be in use.
        Jmx jmx = new Jmx(KarafServer.freePort(), KarafServer.freePort());
        String file = "org.apache.karaf.management.cfg";
        karaf.replace(file, "rmiRegistryPort\\s*=.*", "rmiRegistryPort = " + jmx.registry);
        karaf.replace(file, "rmiServerPort\\s*=.*", "rmiServerPort = " + jmx.server);
        return jmx;
    }

    /** A value of a metric, as one user reads it. */
    Object metric(String user, String password) throws IOException, JMException {
        JMXServiceURL url = new JMXServiceURL(
                "service:jmx:rmi://127.0.0.1:%d/jndi/rmi://127.0.0.1:%d/karaf-root".formatted(server, registry));
        Map<String, ?> login = Map.of(JMXConnector.CREDENTIALS, new String[] {user, password});
        try (JMXConnector connector = JMXConnectorFactory.connect(url, login)) {
            return connector.getMBeanServerConnection().getAttribute(new ObjectName(METRIC), "value");
        }
    }
}
