package io.portward.config.yaml;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.portward.config.validate.Problems;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/** Validates a YAML text against the generated schema as an editor would: scalars by the core schema of YAML 1.2. */
final class JsonSchemaValidation {

    private final Schema schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(ConfigSchema.json(), InputFormat.JSON);

    /** The complaints, or null when the text is not one YAML document of JSON-like values. */
    @Nullable
    List<String> complaints(String yaml) {
        Problems problems = new Problems("test");
        Node root = NodeTree.compose(yaml, problems);
        if (root == null) {
            return null;
        }
        String json;
        try {
            json = JsonWriter.write(toJson(root, 0));
        } catch (IllegalArgumentException e) {
            return null;
        }
        return schema.validate(json.replace("\"\\u0000null\"", "null"), InputFormat.JSON).stream()
                .map(Object::toString)
                .toList();
    }

    private static Object toJson(Node node, int depth) {
        if (depth > 20) {
            throw new IllegalArgumentException("endless");
        }
        if (node instanceof MappingNode mapping) {
            Map<String, Object> map = new LinkedHashMap<>();
            mapping.getValue().forEach(tuple -> {
                if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                    throw new IllegalArgumentException("JSON has no such keys");
                }
                map.put(key.getValue(), toJson(tuple.getValueNode(), depth + 1));
            });
            return map;
        }
        if (node instanceof SequenceNode sequence) {
            List<Object> list = new ArrayList<>();
            sequence.getValue().forEach(item -> list.add(toJson(item, depth + 1)));
            return list;
        }
        ScalarNode scalar = (ScalarNode) node;
        String text = scalar.getValue();
        return switch (ScalarKind.of(scalar)) {
            case TEXT -> text;
            case NULL -> "\u0000null"; // becomes a bare null above
            case BOOLEAN -> Boolean.valueOf(text);
            case INTEGER -> Long.decode(text);
            case DECIMAL -> Double.valueOf(text);
        };
    }
}
