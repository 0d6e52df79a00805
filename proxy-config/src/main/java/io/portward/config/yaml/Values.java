package io.portward.config.yaml;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The values of one section while its record is being built. */
final class Values {

    private final Map<String, @Nullable Object> byKey = new HashMap<>();
    private final String name;

    /** @param name the key under which the section stands, such as the name of a backend */
    Values(String name) {
        this.name = name;
    }

    <T> void put(Key<?, T> key, @Nullable T value) {
        byKey.put(key.name(), value);
    }

    /** The value of a key that is required or has a default. */
    <T> T get(Key<?, T> key) {
        T value = find(key);
        if (value == null) {
            throw new IllegalStateException("key '" + key.name() + "' has neither a value nor a default");
        }
        return value;
    }

    /** The value of an optional key; null when it is absent. */
    @SuppressWarnings("unchecked") // put() only takes a value of the key's type
    <T> @Nullable T find(Key<?, T> key) {
        return (T) byKey.get(key.name());
    }

    String name() {
        return name;
    }
}
