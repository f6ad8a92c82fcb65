package main

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/structpb"
)

// The catalog's gRPC service, written by hand over google.protobuf.Struct so that the demo needs no code generator.
const catalogService = "shop.v1.Catalog"

type catalogServer interface {
	List(context.Context, *structpb.Struct) (*structpb.Struct, error)
	Get(context.Context, *structpb.Struct) (*structpb.Struct, error)
	Reserve(context.Context, *structpb.Struct) (*structpb.Struct, error)
}

type catalogCall = func(catalogServer, context.Context, *structpb.Struct) (*structpb.Struct, error)

func catalogMethod(name string, call catalogCall) grpc.MethodDesc {
	return grpc.MethodDesc{MethodName: name, Handler: func(srv any, ctx context.Context, decode func(any) error, intercept grpc.UnaryServerInterceptor) (any, error) {
		in := new(structpb.Struct)
		if err := decode(in); err != nil {
			return nil, err
		}
		handle := func(ctx context.Context, in any) (any, error) {
			return call(srv.(catalogServer), ctx, in.(*structpb.Struct))
		}
		if intercept == nil {
			return handle(ctx, in)
		}
		return intercept(ctx, in, &grpc.UnaryServerInfo{Server: srv, FullMethod: "/" + catalogService + "/" + name}, handle)
	}}
}

func registerCatalog(s *grpc.Server, impl catalogServer) {
	s.RegisterService(&grpc.ServiceDesc{
		ServiceName: catalogService,
		HandlerType: (*catalogServer)(nil),
		Methods: []grpc.MethodDesc{
			catalogMethod("List", catalogServer.List),
			catalogMethod("Get", catalogServer.Get),
			catalogMethod("Reserve", catalogServer.Reserve),
		},
	}, impl)
}

type catalogClient struct{ conn *grpc.ClientConn }

func (c catalogClient) call(ctx context.Context, method string, in map[string]any) (map[string]any, error) {
	req, err := structpb.NewStruct(in)
	if err != nil {
		return nil, err
	}
	out := new(structpb.Struct)
	if err := c.conn.Invoke(ctx, "/"+catalogService+"/"+method, req, out); err != nil {
		return nil, err
	}
	return out.AsMap(), nil
}
