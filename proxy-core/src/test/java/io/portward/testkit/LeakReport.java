package io.portward.testkit;

import io.netty.buffer.ByteBufAllocator;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Makes Netty tell of every leaked buffer before the test process ends.
 *
 * <p>Netty notices a leak when the garbage collector has found it and another buffer is allocated afterwards; a process
 * that ends right after its last test would say nothing. {@code ./verify} looks for the lines. Found by JUnit through
 * {@code META-INF/services}.
 */
public final class LeakReport implements BeforeAllCallback {

    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(LeakReport.class);

    /** The second round finds what only the buffers of the first held. */
    private static final int ROUNDS = 2;

    private static final long COLLECTION_SECONDS = 10;

    /** A garbage collection and an allocation after the last test. */
    private record AfterAllTests() implements AutoCloseable {

        @Override
        public void close() throws InterruptedException {
            for (int i = 0; i < ROUNDS; i++) {
                collectGarbage();
                ByteBufAllocator.DEFAULT.directBuffer().release();
            }
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        context.getRoot().getStore(NAMESPACE).computeIfAbsent(AfterAllTests.class);
    }

    private static void collectGarbage() throws InterruptedException {
        ReferenceQueue<Object> found = new ReferenceQueue<>();
        PhantomReference<Object> garbage = new PhantomReference<>(new Object(), found);
        System.gc();
        if (found.remove(TimeUnit.SECONDS.toMillis(COLLECTION_SECONDS)) != garbage) {
            throw new IllegalStateException("no garbage collection within " + COLLECTION_SECONDS + " s");
        }
    }
}
