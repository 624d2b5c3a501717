using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Orchestrator.Core;

namespace Orchestrator.Host.Admin;

/// <summary>Describes durations in the OpenAPI document as they are: text with a unit.</summary>
internal static class DurationSchema
{
    public static Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.JsonTypeInfo.Type == typeof(TimeSpan) || context.JsonTypeInfo.Type == typeof(TimeSpan?))
        {
            schema.Type = JsonSchemaType.String;
            schema.Pattern = null;
            schema.Format = null;
            schema.Description = Durations.Expected;
        }

        return Task.CompletedTask;
    }
}
