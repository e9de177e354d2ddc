// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.SQLException;
import java.util.Properties;
import org.h2.jdbcx.JdbcDataSource;

/** Another copy of H2 in this process, which shares no state with the first. */
final class OtherH2 implements AutoCloseable {
    private final URLClassLoader loader = new URLClassLoader(
            new URL[] {
                JdbcDataSource.class.getProtectionDomain().getCodeSource().getLocation()
            },
            ClassLoader.getPlatformClassLoader());

    Connection open(String url) throws SQLException, ReflectiveOperationException {
        Driver driver = (Driver)
                loader.loadClass("org.h2.Driver").getDeclaredConstructor().newInstance();
        Properties user = new Properties();
        user.setProperty("user", "sa");
        return driver.connect(url, user);
    }

    @Override
    public void close() throws IOException {
        loader.close();
    }
}
