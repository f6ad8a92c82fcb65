package load

// actions are what visitors do, with how often they do it.
var actions, actionWeights = func() ([]operation, []float64) {
	us := int64(1000)
	catalogGet := func() *operation {
		return grpcClient("oteldemo.ProductCatalogService", "GetProduct", "product-catalog", 8080, 300*us,
			grpcServer(productCatalog, "oteldemo.ProductCatalogService", "GetProduct", 500*us,
				call{op: query("SELECT catalog.products", "shop", "SELECT", "products", "SELECT id, name, description, picture, price_units FROM catalog.products WHERE id = $1", 900*us)}))
	}
	catalogList := grpcClient("oteldemo.ProductCatalogService", "ListProducts", "product-catalog", 8080, 300*us,
		grpcServer(productCatalog, "oteldemo.ProductCatalogService", "ListProducts", 700*us,
			call{op: query("SELECT catalog.products", "shop", "SELECT", "products", "SELECT id, name, description, picture, price_units FROM catalog.products ORDER BY id", 2000*us)}))
	convert := func() *operation {
		return grpcClient("oteldemo.CurrencyService", "Convert", "currency", 7001, 200*us,
			grpcServer(currency, "oteldemo.CurrencyService", "Convert", 100*us))
	}
	getCart := func() *operation {
		return grpcClient("oteldemo.CartService", "GetCart", "cart", 7070, 300*us,
			grpcServer(cart, "oteldemo.CartService", "GetCart", 600*us, call{op: cache("HGET", 300*us)}))
	}
	addItem := grpcClient("oteldemo.CartService", "AddItem", "cart", 7070, 300*us,
		grpcServer(cart, "oteldemo.CartService", "AddItem", 600*us, call{op: cache("HGET", 300*us)}, call{op: cache("HMSET", 300*us)}, call{op: cache("EXPIRE", 200*us)}))
	recommend := grpcClient("oteldemo.RecommendationService", "ListRecommendations", "recommendation", 8080, 400*us,
		grpcServer(recommendation, "oteldemo.RecommendationService", "ListRecommendations", 1500*us,
			call{op: step(recommendation, "get_product_list", 700*us, call{op: catalogGet(), times: 2})}))
	ads := grpcClient("oteldemo.AdService", "GetAds", "ad", 9555, 300*us,
		grpcServer(ad, "oteldemo.AdService", "GetAds", 900*us, call{op: step(ad, "getAdsByCategory", 300*us), share: 0.7}))
	quoting := httpClient("POST", "http://quote:8090/getquote", "quote", 8090, 300*us,
		httpServer(quote, "POST", "/getquote", 900*us, call{op: step(quote, "calculate-quote", 200*us)}))
	order := grpcClient("oteldemo.CheckoutService", "PlaceOrder", "checkout", 5050, 500*us,
		grpcServer(checkout, "oteldemo.CheckoutService", "PlaceOrder", 2000*us,
			call{op: step(checkout, "prepareOrderItemsAndShippingQuoteFromCart", 600*us,
				call{op: getCart()}, call{op: catalogGet(), times: 2}, call{op: convert(), times: 2},
				call{op: httpClient("POST", "http://shipping:50050/get-quote", "shipping", 50050, 300*us,
					httpServer(shipping, "POST", "/get-quote", 700*us, call{op: quoting}))})},
			call{op: grpcClient("oteldemo.PaymentService", "Charge", "payment", 50051, 400*us,
				grpcServer(payment, "oteldemo.PaymentService", "Charge", 1100*us, call{op: step(payment, "charge", 500*us)}))},
			call{op: httpClient("POST", "http://shipping:50050/ship-order", "shipping", 50050, 300*us,
				httpServer(shipping, "POST", "/ship-order", 500*us))},
			call{op: grpcClient("oteldemo.CartService", "EmptyCart", "cart", 7070, 300*us,
				grpcServer(cart, "oteldemo.CartService", "EmptyCart", 500*us, call{op: cache("HMSET", 300*us)}))},
			call{op: httpClient("POST", "http://email:6060/send_order_confirmation", "email", 6060, 300*us,
				httpServer(email, "POST", "/send_order_confirmation", 2500*us, call{op: step(email, "send_email", 900*us)}))},
			call{op: publish("orders", 400*us,
				call{op: consume(accounting, "orders", "accounting", 1200*us,
					call{op: query("INSERT accounting.order", "accounting", "INSERT", "order", `INSERT INTO "order" (order_id) VALUES ($1)`, 1500*us)}), async: true},
				call{op: consume(fraud, "orders", "fraud-detection", 800*us), async: true})},
		))
	image := httpClient("GET", "http://image-provider:8081/", "image-provider", 8081, 200*us,
		httpServer(imageProvider, "GET", "/{image}", 200*us))
	page := func(method, route string, calls ...call) operation {
		return *httpServer(frontendProxy, method, route, 400*us,
			append([]call{{op: httpClient(method, "http://frontend:8080"+route, "frontend", 8080, 200*us,
				httpServer(frontend, method, route, 1500*us, calls...))}}, call{op: image, share: 0.3, times: 2})...)
	}
	return []operation{
		page("GET", "/api/products/{productId}", call{op: catalogGet()}, call{op: convert()}, call{op: recommend, share: 0.8}),
		page("GET", "/api/products", call{op: catalogList}, call{op: convert(), times: 3}, call{op: ads}),
		page("GET", "/api/cart", call{op: getCart()}, call{op: catalogGet(), times: 2}, call{op: convert()}),
		page("POST", "/api/cart", call{op: addItem}, call{op: getCart()}),
		page("GET", "/api/data", call{op: ads}, call{op: convert()}, call{op: recommend, share: 0.5}),
		page("POST", "/api/checkout", call{op: order}),
	}, []float64{0.30, 0.42, 0.58, 0.74, 0.86, 1}
}()
