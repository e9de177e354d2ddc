// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import javax.sql.DataSource;
import org.understudy.api.Finding;
import org.understudy.concurrent.Scheduler;

/** A database whose connections do not answer until it is released. */
final class HangingDatabase implements Database {
    private final EmbeddedDatabase behind;
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);

    HangingDatabase(Path folder, Scheduler scheduler) {
        behind = new EmbeddedDatabase(folder, scheduler);
    }

    void awaitCall() throws InterruptedException {
        reached.await();
    }

    void release() {
        released.countDown();
    }

    @Override
    public String subject() {
        return "a test";
    }

    @Override
    public DataSource open() throws IOException, SQLException {
        DataSource source = behind.open();
        DataSource hanging = mock(DataSource.class);
        when(hanging.getConnection()).thenAnswer(call -> {
            reached.countDown();
            released.await();
            return source.getConnection();
        });
        return hanging;
    }

    @Override
    public Optional<String> schemaLock() {
        return Optional.empty();
    }

    @Override
    public boolean isCorrupt(Exception failure) {
        return false;
    }

    @Override
    public void moveAside() {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<Finding> findings() {
        return List.of();
    }

    @Override
    public void close(DataSource opened, boolean healthy) {
        behind.close(opened, healthy);
    }
}
