package io.portward.testkit;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

/**
 * Blocking work beside the test, each piece on a thread of its own: the common pool has a single thread on two cores from JDK 25 on, and a second
 * piece would wait for the first.
 */
public final class Background {

    private Background() {}

    /** Begins at once; a failure of {@code work} is the failure of the future. */
    public static <T> CompletableFuture<T> begin(Callable<T> work) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread thread = new Thread(() -> complete(result, work), "test-background");
        thread.setDaemon(true);
        thread.start();
        return result;
    }

    private static <T> void complete(CompletableFuture<T> result, Callable<T> work) {
        try {
            result.complete(work.call());
        } catch (Throwable e) {
            result.completeExceptionally(e);
        }
    }
}
