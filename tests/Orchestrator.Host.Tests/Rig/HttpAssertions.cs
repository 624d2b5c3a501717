using System.Text;
using System.Text.Json;

namespace Orchestrator.Host.Tests.Rig;

internal sealed record Answer(int Status, string Text, HttpResponseMessage Message)
{
    public JsonElement Json => JsonDocument.Parse(Text).RootElement;
}

internal static class HttpAssertions
{
    public static Task<Answer> PostAsync(this HttpClient client, string path, string json, params (string Name, string Value)[] headers) =>
        client.SendAsync(HttpMethod.Post, path, Encoding.UTF8.GetBytes(json), headers);

    public static async Task<Answer> SendAsync(this HttpClient client, HttpMethod method, string path, byte[]? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body is null ? null : new ByteArrayContent(body);
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content!.Headers.TryAddWithoutValidation(name, value);
            }
        }

        var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return new Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), response);
    }

    public static Task<Answer> ReadAsync(this HttpClient client, string path, params (string Name, string Value)[] headers) => client.SendAsync(HttpMethod.Get, path, null, headers);
}
