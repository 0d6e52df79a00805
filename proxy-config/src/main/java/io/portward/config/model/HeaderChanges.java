package io.portward.config.model;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a route does to a header section: removes first, then sets, then adds. Names are in lower case.
 *
 * @param set replaces every field of the name
 * @param add leaves those that are there
 */
public record HeaderChanges(Map<String, String> set, Map<String, String> add, List<String> remove) {

    public static final HeaderChanges NONE = new HeaderChanges(Map.of(), Map.of(), List.of());

    public HeaderChanges {
        set = Collections.unmodifiableMap(new LinkedHashMap<>(set));
        add = Collections.unmodifiableMap(new LinkedHashMap<>(add));
        remove = List.copyOf(remove);
    }

    public boolean isEmpty() {
        return set.isEmpty() && add.isEmpty() && remove.isEmpty();
    }
}
